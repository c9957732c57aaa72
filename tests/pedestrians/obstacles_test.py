"""What stands between camera and person."""

import numpy as np

from tfreid.pedestrians.canvas import Canvas
from tfreid.pedestrians.obstacles import add_obstacle
from tfreid.pedestrians.tubes import Light, View

VIEW = View(yaw=0.0, pitch=0.2, scale=80.0, foot_x=25.0, foot_y=95.0)


def _add(seed):
    canvas = Canvas(100, 50)
    add_obstacle(canvas, VIEW, Light(), np.random.default_rng(seed))
    return canvas


def test_obstacles_are_of_several_kinds_on_both_sides_and_leave_the_middle_free():
    tops, sides = set(), set()
    for seed in range(40):
        drawn = np.isfinite(_add(seed).depth)
        if drawn.any():
            tops.add("whole" if drawn[:5].any() else "low" if not drawn[:60].any() else "person")
            sides.add(np.nonzero(drawn)[1].mean() > 25)
        assert drawn.mean() < 0.5
    assert tops == {"whole", "low", "person"}  # pole, bin, passer-by
    assert sides == {True, False}


def test_an_obstacle_is_before_or_behind_a_body_and_not_inside():
    """A body reaches at most half its height to the front or back."""
    for seed in range(20):
        depth = _add(seed).depth
        depth = depth[np.isfinite(depth)]
        assert (np.abs(depth) > 0.4).all()
        assert (np.sign(depth) == np.sign(depth[:1])).all()
