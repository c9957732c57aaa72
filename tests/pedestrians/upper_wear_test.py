"""Shirts, jackets and coats."""

import dataclasses

import numpy as np
import pytest

from tfreid.pedestrians.appearance import COLORS, OUTFITS, SKINS, UPPER_CUTS, Appearance
from tfreid.pedestrians.pose import Gait, make_pose
from tfreid.pedestrians.upper_wear import make_upper_wear

PERSON = Appearance(
    OUTFITS[3], "tee", "plain", "trousers", "plain", "bald", "black", "none", "none", "low", "tan"
)  # black with white
POSE = make_pose(Gait(0.7, 0.3))


def _make(**traits):
    return make_upper_wear(dataclasses.replace(PERSON, **traits), POSE)


def _show(tube, along, angle=0.6):
    """Returns the color of one place, without the brightness of its folds."""
    color = tube.paint(np.float32([angle]), np.float32([along]))[0]
    return color / color.max()


def _is(tube, color, along, angle=0.6):
    return np.allclose(_show(tube, along, angle), np.divide(color, max(color)), atol=0.02)


@pytest.mark.parametrize(
    ("cut", "upper", "lower"),
    [
        ("tank", (True, True), (True, True)),
        ("tee", (False, True), (True, True)),
        ("long", (False, False), (False, False)),
        ("jacket", (False, False), (False, False)),
        ("coat", (False, False), (False, False)),
    ],
)
def test_sleeves_are_as_long_as_the_cut_says(cut, upper, lower):
    """Skin at the start and the end of upper arm and forearm, of both arms."""
    sleeves = _make(upper_cut=cut)[-4:]
    for segments in (sleeves[:2], sleeves[2:]):
        for segment, bare in zip(segments, (upper, lower)):
            assert (_is(segment, SKINS["tan"], 0.05), _is(segment, SKINS["tan"], 0.95)) == bare


@pytest.mark.parametrize("cut", UPPER_CUTS)
def test_only_a_coat_has_tails(cut):
    tubes = _make(upper_cut=cut)
    assert len(tubes) == 1 + 4 + (cut == "coat")
    if cut == "coat":
        trunk, tails = tubes[:2]
        assert tails.end[1] < trunk.end[1] - 0.1
        assert tails.keep(np.float32([0, 1]), np.float32([0.9, 0.9])).tolist() == [False, True]


@pytest.mark.parametrize("cut", UPPER_CUTS)
def test_the_trunk_is_bare_at_the_neck_and_clothed_below(cut):
    trunk = _make(upper_cut=cut)[0]
    assert _is(trunk, SKINS["tan"], 0.01)
    assert _is(trunk, COLORS["black"], 0.5)


def test_a_tank_top_has_straps_and_is_lower_ahead_than_behind():
    trunk = _make(upper_cut="tank")[0]
    strap = float(np.arcsin(0.62))
    assert not _is(trunk, SKINS["tan"], 0.1, strap) and _is(trunk, SKINS["tan"], 0.1, 0.1)
    assert _is(trunk, SKINS["tan"], 0.18, 0.0) and not _is(trunk, SKINS["tan"], 0.18, np.pi)


def test_a_jacket_stands_open_over_another_shirt():
    jacket, tee = _make(upper_cut="jacket")[0], _make(upper_cut="tee")[0]
    assert _is(jacket, COLORS["white"], 0.5, 0.1) and _is(jacket, COLORS["black"], 0.5, 0.5)
    assert _is(tee, COLORS["black"], 0.5, 0.1)


def test_a_jackets_sleeves_are_wider_than_a_shirts():
    shirt, jacket = (_make(upper_cut=cut)[-1].profile[0][1] for cut in ("long", "jacket"))
    assert jacket / shirt == pytest.approx(1.25 / 1.1)


def test_a_yoke_colors_the_sleeves_with_the_accent():
    assert _is(_make(upper_cut="long", upper_pattern="yoke")[-1], COLORS["white"], 0.5)
    assert _is(_make(upper_cut="long")[-1], COLORS["black"], 0.5)


@pytest.mark.parametrize("trait", ["girth", "shoulders", "hips"])
def test_a_broader_person_has_a_broader_trunk(trait):
    narrow, broad = (
        sum(radius for _, radius in _make(**{trait: factor})[0].profile) for factor in (0.9, 1.1)
    )
    assert broad > 1.02 * narrow
