from tfreid.options import parse
from tools.benchmarks.pipeline import GROUPS, measure


def test_a_folder_is_measured(market_folder):
    flags = (
        f"--dataset=market1501 --data_dir={market_folder()} --height=32 --width=16 "
        "--cutout_height=8 --cutout_width=8 --identities_per_batch=2 --images_per_identity=3 "
        "--steps=2 --first_steps=1"
    )
    numbers = measure(*parse(["", *flags.split()], GROUPS))
    assert (numbers["batch"], numbers["steps"], numbers["height"]) == (6, 2, 32)
    assert numbers["images_per_second"] > 0
