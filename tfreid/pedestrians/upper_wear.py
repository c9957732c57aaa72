"""Shirts, jackets and coats, as tubes: trunk, tails and sleeves."""

import numpy as np

from tfreid.pedestrians.appearance import COLORS, SKINS
from tfreid.pedestrians.fabric import paint_folds, paint_pattern, paint_plain, paint_where
from tfreid.pedestrians.limbs import cover_segment
from tfreid.pedestrians.tubes import Tube

_SLEEVES = {"tank": 0.0, "tee": 0.5, "long": 2.0, "jacket": 2.0, "coat": 2.0}  # arm segments
_SHOULDER, _HEM = 0.845, 0.5  # heights of the trunk's ends


def make_upper_wear(person, pose):
    """Returns the tubes of trunk, tails and sleeves; bare skin included."""
    return [
        _make_trunk(person, pose),
        *_make_tails(person, pose),
        *_make_sleeves(person, pose),
    ]


def _make_trunk(person, pose):
    wide, girth, hips = person.shoulders, person.girth**0.5, person.hips
    profile = (
        (0, 0.034),
        (0.05, 0.06 * wide),
        (0.11, 0.095 * wide),
        (0.18, 0.105 * wide),
        (0.34, 0.099 * wide * girth),
        (0.66, 0.083 * girth**1.5),
        (0.88, 0.094 * girth * hips),
        (1, 0.096 * girth * hips),
    )
    paint = _paint_upper(person, _SHOULDER - _HEM)
    skin = paint_plain(SKINS[person.skin])
    bare = _NECKLINES[person.upper_cut]
    paint = paint_where(bare, skin, paint)
    top, bottom = pose.place(0, _SHOULDER, -0.004), pose.place(0, _HEM, 0)
    return Tube(top, bottom, profile, paint, flatness=0.72 * person.girth**0.3)


def _paint_upper(person, length):
    """Returns the upper garment's paint; jackets and coats stand open over another shirt."""
    color, accent = COLORS[person.outfit.upper], COLORS[person.outfit.upper_accent]
    paint = paint_pattern(person.upper_pattern, color, accent, length)
    if person.upper_cut in ("jacket", "coat"):
        under = paint_plain(accent if person.upper_pattern == "plain" else (0.85, 0.85, 0.83))
        paint = paint_where(lambda angle, along: np.abs(angle) < 0.3, under, paint)
    return paint_folds(paint, 0.07, person.fold_seed(1))


def _bare_tank(angle, along):
    scoop = 0.13 + 0.1 * np.clip(np.cos(angle), 0, 1) ** 2
    strap = np.abs(np.abs(np.sin(angle)) - 0.62) < 0.2
    return (along < scoop) & ~((along > 0.03) & strap)


def _bare_round(angle, along):
    return along < 0.045 + 0.05 * np.clip(np.cos(angle), 0, 1) ** 4


def _bare_collar(angle, along):
    return along < 0.02


_NECKLINES = {
    "tank": _bare_tank,
    "tee": _bare_round,
    "long": _bare_round,
    "jacket": _bare_collar,
    "coat": _bare_collar,
}


def _make_tails(person, pose):
    """Returns the part of a coat below the waist."""
    if person.upper_cut != "coat":
        return []
    wide = person.girth * person.hips
    profile = ((0, 0.098 * wide), (0.25, 0.118 * wide), (1, 0.14 * wide))
    ends = pose.place(0, 0.56, 0), pose.place(0, 0.29, 0)
    flatness = 0.95
    return [
        Tube(
            *ends,
            profile,
            _paint_upper(person, 0.27),
            flatness,
            keep=lambda angle, along: np.abs(angle) > 0.22 * along,
        )
    ]


def _make_sleeves(person, pose):
    skin = paint_plain(SKINS[person.skin])
    color, accent = COLORS[person.outfit.upper], COLORS[person.outfit.upper_accent]
    pattern = person.upper_pattern if person.upper_pattern in ("stripes", "checks") else "plain"
    cloth = accent if person.upper_pattern == "yoke" else color
    paint = paint_pattern(pattern, cloth, accent, 0.16)
    paint = paint_folds(paint, 0.1, person.fold_seed(2))
    reach, wide = _SLEEVES[person.upper_cut], person.girth**0.5
    loose = 1.25 if person.upper_cut in ("jacket", "coat") else 1.1
    tubes = []
    for arm in pose.arms:
        upper = ((0, 0.029), (0.25, 0.032), (1, 0.028))
        lower = ((0, 0.028), (0.3, 0.027), (1, 0.018))
        tubes.append(cover_segment(arm.root, arm.middle, upper, wide, reach, loose, paint, skin))
        tubes.append(cover_segment(arm.middle, arm.end, lower, wide, reach - 1, loose, paint, skin))
    return tubes
