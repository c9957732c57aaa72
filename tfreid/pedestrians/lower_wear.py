"""Trousers, shorts, skirts and shoes, as tubes."""

import numpy as np

from tfreid.pedestrians.appearance import COLORS, SKINS
from tfreid.pedestrians.fabric import paint_folds, paint_pattern, paint_plain, paint_where
from tfreid.pedestrians.limbs import cover_segment
from tfreid.pedestrians.tubes import Tube

_LEGS = {
    "trousers": 1.95,
    "wide": 1.97,
    "slim": 1.9,
    "shorts": 0.8,
    "skirt": 0.0,
    "long_skirt": 0.0,
}
_WIDTH = {
    "trousers": 1.12,
    "wide": 1.35,
    "slim": 0.95,
    "shorts": 1.25,
    "skirt": 1.0,
    "long_skirt": 1.0,
}


def make_lower_wear(person, pose):
    """Returns the tubes of legs, skirt and shoes; bare skin included."""
    return [
        *_make_legs(person, pose),
        *_make_skirt(person, pose),
        *_make_shoes(person, pose),
    ]


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
