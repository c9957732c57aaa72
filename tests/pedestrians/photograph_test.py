"""Photographs of people."""

import dataclasses

import numpy as np
import pytest

from tfreid.pedestrians.appearance import OUTFITS, Appearance
from tfreid.pedestrians.canvas import Canvas
from tfreid.pedestrians.photograph import Shot, add_obstacle, take_photograph
from tfreid.pedestrians.tubes import Light, View

PERSON = Appearance(
    OUTFITS[6], "tee", "stripes", "skirt", "plain", "bob", "blond", "none", "handbag", "low", "tan"
)
VIEW = View(yaw=0.0, pitch=0.2, scale=80.0, foot_x=25.0, foot_y=95.0)
SHOT = Shot(PERSON, camera=0, track=(0, 1), frame=0)


def _take(**changes):
    return take_photograph(dataclasses.replace(SHOT, **changes), 64, 32).astype(int)


def _differ(one, other):
    return np.abs(one - other).max(-1) > 40


def test_a_photograph_has_the_size_that_is_asked_for():
    picture = take_photograph(SHOT, 96, 40)
    assert picture.shape == (96, 40, 3)
    assert picture.dtype == np.uint8


def test_the_same_shot_is_the_same_to_the_bit_whatever_was_taken_before():
    before = _take()
    _take(camera=3, track=(9, 9))
    np.testing.assert_array_equal(_take(), before)


@pytest.mark.parametrize(
    "change", [{"camera": 1}, {"track": (0, 2)}, {"frame": 1}, {"part": True}, {"person": None}]
)
def test_everything_in_a_shot_matters(change):
    assert _differ(_take(), _take(**change)).mean() > 0.1


@pytest.mark.parametrize("camera", range(6))
def test_the_person_stands_in_the_middle_of_the_picture(camera):
    """Over 12 walks: where pictures with and without the person differ most of the time."""
    there = np.mean(
        [
            _differ(_take(camera=camera, track=(1, i)), _take(camera=camera, track=(1, i),
                                                              person=None))
            for i in range(12)
        ],
        axis=0,
    )  # fmt: skip
    assert there[24:44, 12:20].mean() > 0.6
    assert there[:, :3].mean() < 0.2 and there[:, -3:].mean() < 0.2
    assert there[:3].mean() < 0.25


def test_a_larger_picture_shows_the_same_scene():
    """Four times as large and averaged, up to noise: same composition, drawn finer."""
    small = take_photograph(SHOT, 64, 32).astype(float)
    large = take_photograph(SHOT, 256, 128).astype(float)
    averaged = large.reshape(64, 4, 32, 4, 3).mean((1, 3))
    assert np.abs(averaged - small).mean() < 12


def test_people_are_seen_from_both_ends_of_their_way():
    """A camera sees some walks from ahead, others from behind: a blond head, a face or none."""
    skins = []
    for i in range(12):
        picture = take_photograph(dataclasses.replace(SHOT, track=(2, i)), 128, 64).astype(int)
        head = picture[6:26, 24:40]
        skins.append(((head[..., 0] - head[..., 2] > 25) & (head[..., 2] > 90)).sum())
    assert max(skins) > 3 * min(skins)


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
