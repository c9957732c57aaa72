"""Trousers, skirts and shoes."""

import dataclasses

import numpy as np
import pytest

from tfreid.pedestrians.appearance import COLORS, LOWER_CUTS, OUTFITS, SKINS, Appearance
from tfreid.pedestrians.lower_wear import make_lower_wear
from tfreid.pedestrians.pose import Gait, make_pose

PERSON = Appearance(
    OUTFITS[0], "tee", "plain", "trousers", "plain", "bald", "black", "none", "none", "low", "tan"
)
POSE = make_pose(Gait(0.7, 0.3))
LEGS = {"trousers": 4, "wide": 4, "slim": 4, "shorts": 4, "skirt": 2, "long_skirt": 2}


def _make(**traits):
    return make_lower_wear(dataclasses.replace(PERSON, **traits), POSE)


def _show(tube, along, angle=0.3):
    """Returns the color of one place, without the brightness of its folds."""
    color = tube.paint(np.float32([angle]), np.float32([along]))[0]
    return color / color.max()


def _is_skin(tube, along):
    return np.allclose(_show(tube, along), np.divide(SKINS["tan"], max(SKINS["tan"])), atol=0.02)


def test_every_cut_is_tested():
    assert set(LEGS) == set(LOWER_CUTS)


@pytest.mark.parametrize(
    ("cut", "thigh", "calf"),
    [
        ("trousers", (False, False), (False, False)),
        ("wide", (False, False), (False, False)),
        ("slim", (False, False), (False, False)),
        ("shorts", (False, True), (True, True)),
    ],
)
def test_cloth_covers_the_leg_as_far_as_the_cut_says(cut, thigh, calf):
    """Skin at the start and near the end of thigh and calf."""
    tubes = _make(lower_cut=cut)
    for segment, bare in zip(tubes[:2], (thigh, calf)):
        assert (_is_skin(segment, 0.05), _is_skin(segment, 0.88)) == bare


def test_trousers_have_the_outfits_color():
    np.testing.assert_allclose(
        _show(_make()[0], 0.4), np.divide(COLORS["navy"], max(COLORS["navy"])), atol=0.02
    )


def test_wide_trousers_are_wider_than_slim_ones():
    widths = [max(r for _, r in _make(lower_cut=cut)[0].profile) for cut in ("slim", "wide")]
    assert widths[1] / widths[0] == pytest.approx(1.35 / 0.95)


@pytest.mark.parametrize(("cut", "hem"), [("skirt", 0.3), ("long_skirt", 0.09)])
def test_a_skirt_hangs_to_its_hem_and_flares(cut, hem):
    skirt = _make(lower_cut=cut)[LEGS[cut]]
    assert skirt.start[1] - POSE.lift == pytest.approx(0.58)
    assert skirt.end[1] - POSE.lift == pytest.approx(hem)
    radii = [radius for _, radius in skirt.profile]
    assert radii == sorted(radii)
    assert _is_skin(_make(lower_cut=cut)[0], 0.5)  # below it the legs are bare


def test_a_coat_covers_the_skirts_waist():
    assert _make(lower_cut="skirt", upper_cut="coat")[2].start[1] - POSE.lift == pytest.approx(0.5)


@pytest.mark.parametrize(("shoes", "tubes"), [("low", 2), ("boots", 4), ("sandals", 2)])
def test_every_foot_has_its_shoe(shoes, tubes):
    worn = _make(shoes=shoes)[LEGS["trousers"] :]
    assert len(worn) == tubes
    for leg, shoe in zip(POSE.legs, worn[:: tubes // 2]):
        assert shoe.end == leg.tip


def test_sandals_show_skin_between_their_straps():
    """Four straps and gaps along the foot: strap at 0.05, skin at 0.15."""
    sandal = _make(shoes="sandals")[-1]
    assert not _is_skin(sandal, 0.05) and _is_skin(sandal, 0.15)
    assert not _is_skin(_make(shoes="low")[-1], 0.15)


def test_boots_reach_up_the_calf():
    shaft = _make(shoes="boots")[-1]
    leg = POSE.legs[1]
    assert leg.end[1] < shaft.start[1] < leg.middle[1]
