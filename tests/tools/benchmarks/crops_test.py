from tfreid.options import parse
from tools.benchmarks import crops


def test_the_cutting_of_boxes_is_measured(tmp_path):
    numbers = crops.measure(*parse(["", *crops.SMALL, f"--folder={tmp_path}"], crops.GROUPS))
    assert numbers["boxes"] == 6 and numbers["boxes_per_second"] > 0
    assert not list(tmp_path.iterdir())
