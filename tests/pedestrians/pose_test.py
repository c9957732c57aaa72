"""The skeleton of a walking person."""

import numpy as np
import pytest

from tfreid.pedestrians.pose import Gait, make_pose

PHASES = np.linspace(0, 2 * np.pi, 9)


def _length(one, other):
    return float(np.linalg.norm(np.subtract(one, other)))


@pytest.mark.parametrize("phase", PHASES)
def test_bones_keep_their_length(phase):
    for leg in make_pose(Gait(phase)).legs:
        assert _length(leg.root, leg.middle) == pytest.approx(0.245)
        assert _length(leg.middle, leg.end) == pytest.approx(0.235)


@pytest.mark.parametrize("phase", PHASES)
def test_the_lower_ankle_stands_on_the_ground(phase):
    assert min(leg.end[1] for leg in make_pose(Gait(phase)).legs) == pytest.approx(0.045)


def test_arms_swing_against_the_legs():
    """At a quarter of the cycle the left leg is ahead, and so is the right arm."""
    pose = make_pose(Gait(np.pi / 2, stride=0.4))
    left_leg, right_leg = pose.legs
    left_arm, right_arm = pose.arms
    assert left_leg.end[2] > 0.05 > -0.05 > right_leg.end[2]
    assert right_arm.end[2] > 0.05 > left_arm.end[2]


def test_half_a_cycle_later_left_and_right_are_exchanged():
    one, other = make_pose(Gait(0.7)), make_pose(Gait(0.7 + np.pi))
    for left, right in ((one.legs[0], other.legs[1]), (one.arms[0], other.arms[1])):
        np.testing.assert_allclose(left.end, np.multiply(right.end, (-1, 1, 1)), atol=1e-9)


def test_a_hand_that_carries_hangs_still():
    free, busy = make_pose(Gait(np.pi / 2)), make_pose(Gait(np.pi / 2), busy_hand=1)
    assert abs(busy.arms[1].tip[2]) < abs(free.arms[1].tip[2]) / 2
    assert busy.arms[0] == free.arms[0]


def test_someone_who_stands_has_both_feet_side_by_side():
    left, right = make_pose(Gait(1.0, stride=0.0)).legs
    np.testing.assert_allclose(left.end, np.multiply(right.end, (-1, 1, 1)), atol=1e-9)


def test_wide_hips_and_shoulders_spread_the_limbs():
    pose, wide = make_pose(Gait()), make_pose(Gait(), shoulders=1.5, hips=2.0)
    assert wide.legs[0].root[0] == pytest.approx(2 * pose.legs[0].root[0])
    assert wide.arms[1].root[0] == pytest.approx(1.5 * pose.arms[1].root[0])


def test_a_lean_moves_the_head_ahead_and_the_hips_not():
    """At height 0.9 by 0.4 sin(0.5), above the hips' 0.5."""
    pose = make_pose(Gait(lean=0.5))
    assert pose.place(0, 0.9, 0)[2] == pytest.approx(0.4 * np.sin(0.5))
    assert pose.place(0, 0.4, 0)[2] == 0
