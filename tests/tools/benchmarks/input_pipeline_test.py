import numpy as np
import pytest

from tfreid.options import AugmentOptions, DataOptions, parse
from tools.benchmarks.input_pipeline import GROUPS, measure


@pytest.mark.usefixtures("sides_here", "alone_here")
def test_a_folder_is_measured(market_folder):
    flags = (
        f"--dataset=market1501 --data_dir={market_folder()} --height=32 --width=16 "
        "--cutout_height=8 --cutout_width=8 --identities_per_batch=2 --images_per_identity=3 "
        "--steps=2 --first_steps=1 --threads=1 --repeats=1"
    )
    numbers = measure(*parse(["", *flags.split()], GROUPS))
    assert (numbers["batch"], numbers["steps"], numbers["height"]) == (6, 2, 32)
    assert numbers["sides"]["tfreid"]["images_per_second"] > 0


def test_the_dataloader_makes_the_same_images(market_folder):
    """Without chance; resizing rounds at other places, by one of 255."""
    pytest.importorskip("torch")
    from tfreid.data.preparing import read_eval_batches
    from tfreid.data.readers import read_dataset
    from tools.benchmarks.torch_loader import make_loader

    data = DataOptions(data_dir=str(market_folder()), height=32, width=16)
    split = read_dataset(data).train
    augment = AugmentOptions(flip_probability=0, cutout_probability=0)
    rows = list(range(len(split)))
    (images, indices), *_ = make_loader(split.paths, [rows], data, augment, num_workers=0)
    ((_, ours),) = read_eval_batches(split, data, len(split))
    assert indices.tolist() == rows
    difference = images.numpy().transpose(0, 2, 3, 1) - ours.numpy()
    assert np.abs(difference).max() < 1.01 / 255 / 0.224 + 1e-5


def test_the_dataloader_flips_and_cuts_out(market_folder):
    pytest.importorskip("torch")
    from tfreid.data.readers import read_dataset
    from tools.benchmarks.torch_loader import AugmentedImages

    data = DataOptions(data_dir=str(market_folder()), height=32, width=16)
    split = read_dataset(data).train
    sizes = {"cutout_height": 8, "cutout_width": 4}
    plain = AugmentOptions(flip_probability=0, cutout_probability=0)
    flipped = AugmentOptions(flip_probability=1, cutout_probability=0)
    cut = AugmentOptions(flip_probability=0, cutout_probability=1, **sizes)
    images = [AugmentedImages(split.paths, data, a)[0][0].numpy() for a in (plain, flipped, cut)]
    np.testing.assert_allclose(images[1], images[0][:, :, ::-1])
    changed = (images[2] != images[0]).any(axis=0)
    assert changed.sum() <= 32 and (images[2][:, changed] == 0).all() and changed.any()
