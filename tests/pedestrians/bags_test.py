"""What people carry, and where."""

import dataclasses

import numpy as np
import pytest

from tfreid.pedestrians.appearance import BAGS, COLORS, OUTFITS, Appearance
from tfreid.pedestrians.bags import CARRYING_HAND, make_bag
from tfreid.pedestrians.pose import Gait, make_pose

PERSON = Appearance(
    OUTFITS[0], "tee", "plain", "trousers", "plain", "short", "black", "none", "none", "low", "tan"
)
POSE = make_pose(Gait(0.7, 0.3))


def _make(bag, **traits):
    return make_bag(dataclasses.replace(PERSON, bag=bag, **traits), POSE)


def _list_ends(tubes):
    return np.array([point for tube in tubes for point in (tube.start, tube.end)])


def test_who_carries_nothing_has_no_bag():
    assert _make("none") == []


@pytest.mark.parametrize("bag", [name for name in BAGS if name != "none"])
def test_a_bag_has_the_outfits_color_with_a_dark_seam(bag):
    body = _make(bag)[0]
    shown = body.paint(np.zeros(2, np.float32), np.float32([0.7, 0.42]))
    brown = np.multiply(COLORS["brown"], 0.92)
    np.testing.assert_allclose(shown, [brown, 0.45 * brown], rtol=1e-5)


def test_a_backpack_hangs_behind_and_its_straps_run_over_both_shoulders():
    body, *straps = _make("backpack")
    assert _list_ends([body])[:, 2].max() < -0.08
    ends = _list_ends(straps)
    assert ends[:, 2].max() > 0.05  # ahead of the chest
    assert len(straps) == 8 and ends[:, 0].min() == pytest.approx(-ends[:, 0].max())
    assert ends[:, 1].max() - POSE.lift == pytest.approx(0.835)  # as high as the shoulders


def test_a_shoulder_bag_hangs_at_the_right_hip_from_the_left_shoulder():
    """x counts to the person's left."""
    body, *straps = _make("shoulder")
    assert _list_ends([body])[:, 0].max() < -0.1
    ends = _list_ends(straps)
    highest = ends[ends[:, 1].argmax()]
    assert highest[0] > 0.05 and highest[1] > 0.8
    assert ends[:, 2].min() < -0.05 < 0.05 < ends[:, 2].max()  # ahead and behind


@pytest.mark.parametrize("bag", CARRYING_HAND)
def test_what_is_carried_touches_its_hand(bag):
    tip = np.array(POSE.arms[CARRYING_HAND[bag]].tip)
    other = np.array(POSE.arms[1 - CARRYING_HAND[bag]].tip)
    ends = _list_ends(_make(bag))
    assert np.abs(ends - tip).max(1).min() < 1e-9
    assert np.linalg.norm(ends - tip, axis=1).max() < np.linalg.norm(ends - other, axis=1).max()


def test_a_handbag_hangs_below_the_hand_and_a_trolley_stands_on_the_ground():
    assert _list_ends(_make("handbag"))[:, 1].min() > 0.1
    *_, left, right = _make("trolley")
    assert min(left.end[1], right.end[1]) - 0.018 == pytest.approx(0.004)  # wheels of radius 0.018


def test_a_stout_person_carries_the_backpack_further_behind():
    slim, stout = (_make("backpack", girth=girth)[0].start[2] for girth in (0.85, 1.2))
    assert stout < slim
