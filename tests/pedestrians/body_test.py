"""Head, hair, hats and hands."""

import dataclasses

import numpy as np
import pytest

from tfreid.pedestrians.appearance import (
    COLORS,
    HAIR_STYLES,
    HATS,
    OUTFITS,
    SKINS,
    Appearance,
)
from tfreid.pedestrians.body import make_ball, make_hands, make_head
from tfreid.pedestrians.fabric import paint_plain
from tfreid.pedestrians.pose import Gait, make_pose

PERSON = Appearance(
    OUTFITS[0], "tee", "plain", "trousers", "plain", "bald", "black", "none", "none", "low", "tan"
)
POSE = make_pose(Gait(0.7, 0.3))
BARE_HEAD = 2  # neck and face


def _make(**traits):
    return make_head(dataclasses.replace(PERSON, **traits), POSE)


def _count_tubes(**traits):
    return len(_make(**traits)) - BARE_HEAD


def test_a_ball_is_as_high_as_it_is_wide():
    """Ends of half a sphere of the radius, nearly in one place."""
    ball = make_ball((0.1, 0.5, 0.2), 0.03, paint_plain((1, 0, 0)))
    assert ball.rounded and ball.profile == ((0.0, 0.03), (1.0, 0.03))
    np.testing.assert_allclose(np.add(ball.start, ball.end) / 2, (0.1, 0.5, 0.2))
    assert ball.start[1] - ball.end[1] < 0.05 * 0.03


def test_a_face_is_of_skin_with_eyes_brows_and_mouth_ahead_only():
    face = _make()[1]
    skin = np.float32(SKINS["tan"])
    angles = np.float32([0, 0.4, -0.4, 0.42, 0, np.pi, np.pi])
    along = np.float32([0.3, 0.5, 0.5, 0.41, 0.78, 0.5, 0.78])
    shown = face.paint(angles, along)
    expected = [skin, skin * 0.25, skin * 0.25, skin * 0.5, skin * (0.75, 0.5, 0.5), skin, skin]
    np.testing.assert_allclose(shown, expected, rtol=1e-5)


def test_the_head_is_on_top_of_the_body():
    neck, face = _make()
    assert face.start[1] - POSE.lift == pytest.approx(0.995)
    assert neck.end[1] < face.end[1] < neck.start[1] < face.start[1]


@pytest.mark.parametrize(
    ("style", "tubes"),
    [("bald", 0), ("short", 1), ("bob", 2), ("long", 2), ("ponytail", 2), ("bun", 2)],
)
def test_every_hair_style_has_its_parts(style, tubes):
    assert set(HAIR_STYLES) == {"bald", "short", "bob", "long", "ponytail", "bun"}
    assert _count_tubes(hair_style=style) == tubes


def test_long_hair_hangs_lower_than_a_bob():
    bob, long = (_make(hair_style=style)[-1].end[1] for style in ("bob", "long"))
    assert long < bob - 0.1


def test_hair_leaves_the_face_free():
    """At the height of the eyes there is hair at the back of the head, and none ahead."""
    cap = _make(hair_style="short")[BARE_HEAD]
    kept = cap.keep(np.float32([0, np.pi, 0, np.pi]), np.float32([0.5, 0.5, 0.1, 0.95]))
    assert kept.tolist() == [False, True, True, False]
    side = _make(hair_style="long")[-1]
    assert side.keep(np.float32([0, 2]), np.float32([0.5, 0.5])).tolist() == [False, True]


@pytest.mark.parametrize(("hat", "tubes"), [("none", 0), ("cap", 2), ("beanie", 2), ("brim", 2)])
def test_every_hat_has_its_parts_in_the_outfits_color(hat, tubes):
    assert set(HATS) == {"none", "cap", "beanie", "brim"}
    assert _count_tubes(hat=hat) == tubes
    if tubes:
        crown = _make(hat=hat)[BARE_HEAD]
        shown = crown.paint(np.zeros(2, np.float32), np.float32([0.1, 0.4]))
        navy = np.array(COLORS["navy"])
        np.testing.assert_allclose(shown, [navy, 0.75 * navy], rtol=1e-5)


def test_a_visor_points_ahead_and_a_brim_all_around():
    visor, brim = _make(hat="cap")[-1], _make(hat="brim")[-1]
    assert visor.end[2] > visor.start[2] + 0.04
    assert brim.end[2] == pytest.approx(brim.start[2], abs=1e-3)
    assert max(radius for _, radius in brim.profile) > 0.09


def test_a_bun_is_worn_low_under_a_hat():
    bare, covered = _make(hair_style="bun")[-1], _make(hair_style="bun", hat="cap")[3]
    assert covered.start[1] < bare.start[1] - 0.05


def test_hands_end_both_arms_in_skin():
    for hand, arm in zip(make_hands(PERSON, POSE), POSE.arms):
        assert (hand.start, hand.end) == (arm.end, arm.tip)
        shown = hand.paint(np.zeros(1, np.float32), np.zeros(1, np.float32))
        np.testing.assert_allclose(shown, [SKINS["tan"]], rtol=1e-6)
