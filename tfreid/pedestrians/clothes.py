"""Shirts, jackets, coats; trousers, skirts, shoes."""

import numpy as np

from tfreid.pedestrians.appearance import COLORS, SKINS
from tfreid.pedestrians.fabric import (
    cover_segment,
    paint_folds,
    paint_pattern,
    paint_plain,
    paint_where,
)
from tfreid.pedestrians.tubes import Tube

_SLEEVES = {"tank": 0.0, "tee": 0.5, "long": 2.0, "jacket": 2.0, "coat": 2.0}  # arm segments
_SHOULDER, _HEM = 0.845, 0.5  # heights of the trunk's ends


def make_upper_wear(person, pose):
    """Returns the tubes of trunk, tails and sleeves; bare skin included."""
    return [_make_trunk(person, pose), *_make_tails(person, pose), *_make_sleeves(person, pose)]


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
    bare = _NECKLINES.get(person.upper_cut, _bare_collar)
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


_NECKLINES = {"tank": _bare_tank, "tee": _bare_round, "long": _bare_round}  # others: a collar


def _make_tails(person, pose):
    """Returns the part of a coat below the waist."""
    if person.upper_cut != "coat":
        return []
    wide = person.girth * person.hips
    profile = ((0, 0.098 * wide), (0.25, 0.118 * wide), (1, 0.14 * wide))
    ends = pose.place(0, 0.56, 0), pose.place(0, 0.29, 0)
    paint = _paint_upper(person, 0.27)
    return [Tube(*ends, profile, paint, 0.95, lambda angle, along: np.abs(angle) > 0.22 * along)]


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


# Of trousers and skirts: leg segments that they cover, width over the leg's.
_LEGS = {"trousers": 1.95, "wide": 1.97, "slim": 1.9, "shorts": 0.8, "skirt": 0, "long_skirt": 0}
_WIDTH = {"trousers": 1.12, "wide": 1.35, "slim": 0.95, "shorts": 1.25, "skirt": 1, "long_skirt": 1}


def make_lower_wear(person, pose):
    """Returns the tubes of legs, skirt and shoes; bare skin included."""
    return [*_make_legs(person, pose), *_make_skirt(person, pose), *_make_shoes(person, pose)]


def _make_legs(person, pose):
    skin = paint_plain(SKINS[person.skin])
    reach, loose = _LEGS[person.lower_cut], _WIDTH[person.lower_cut]
    paint = _paint_lower(person, 0.24)
    wide = person.girth**0.6
    bare_from = {"skirt": 0.0, "long_skirt": 0.72}.get(person.lower_cut)
    tubes = []
    for leg in pose.legs:
        thigh = ((0, 0.042), (0.3, 0.049), (1, 0.038))
        calf = ((0, 0.038), (0.3, 0.04), (1, 0.023))
        if loose > 1.3:
            calf = ((0, 0.038), (1, 0.046))
        elif loose > 1 and reach > 1:
            calf = ((0, 0.038), (1, 0.033))
        if bare_from is None:
            tubes.append(
                cover_segment(leg.root, leg.middle, thigh, wide, reach, loose, paint, skin)
            )
            start = leg.middle
        else:  # a skirt hides the rest
            start = tuple((1 - bare_from) * m + bare_from * e for m, e in zip(leg.middle, leg.end))
        tubes.append(cover_segment(start, leg.end, calf, wide, reach - 1, loose, paint, skin))
    return tubes


def _paint_lower(person, length):
    color, accent = COLORS[person.outfit.lower], COLORS[person.outfit.lower_accent]
    pattern = person.lower_pattern
    if pattern == "hem" and length < 0.25 and _LEGS[person.lower_cut] > 1:
        pattern = "side_stripe"
    paint = paint_pattern(pattern, color, accent, length)
    return paint_folds(paint, 0.1, person.fold_seed(3))


def _make_skirt(person, pose):
    hem = {"skirt": 0.3, "long_skirt": 0.09}.get(person.lower_cut)
    if hem is None:
        return []
    wide = person.girth**0.7 * person.hips
    flare = 0.135 if person.lower_cut == "skirt" else 0.15
    profile = ((0, 0.082 * wide), (0.25, 0.108 * wide), (1, flare * wide))
    waist = 0.5 if person.upper_cut == "coat" else 0.58
    length = waist - hem
    ends = pose.place(0, waist, 0), pose.place(0, hem, 0)
    return [Tube(*ends, profile, _paint_lower(person, length + 0.01), 0.78)]


def _make_shoes(person, pose):
    color = np.asarray(COLORS[person.outfit.shoes], np.float32)
    skin = paint_plain(SKINS[person.skin])
    sole = paint_plain(color)
    tubes = []
    for leg in pose.legs:
        x, y, z = leg.end
        heel = (x, y - 0.018, z - 0.018)
        profile = ((0, 0.024), (0.5, 0.025), (1, 0.02))
        paint = sole
        if person.shoes == "sandals":
            paint = paint_where(lambda angle, along: (along * 4) % 1 < 0.4, sole, skin)
        tubes.append(Tube(heel, leg.tip, profile, paint, rounded=True))
        if person.shoes == "boots":
            share = 0.42
            top = tuple(share * m + (1 - share) * e for m, e in zip(leg.middle, leg.end))
            shaft = ((0, 0.043), (1, 0.032))
            tubes.append(Tube(top, leg.end, shaft, sole, rounded=True))
    return tubes
