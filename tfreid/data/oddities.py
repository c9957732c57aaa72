"""In what an image that can be read may differ from what people see in it, or expect of it.

A file is read one way everywhere (`transforms.decode_image`). Where a viewer would show something
else, or where it shows no single person, nothing is refused, but it is counted and named.
"""

import collections
import re

import numpy as np

from tfreid.data.findings import tell_number

SCENE, TINY, FLAT = "scene", "tiny", "flat"
ALPHA, COLORS, INKS, NARROW, ANIMATED = "alpha", "colors", "inks", "narrow", "animated"
TURNED = "turned"

# What follows "2 images", and what to do.
_WORDS = {
    SCENE: (
        "wider than tall or of over a megapixel, like a whole scene",
        "Cut the person out, or the answer is about the scene.",
    ),
    TINY: ("with a side of fewer than 8 pixels", "Nobody can be told from them."),
    FLAT: ("of almost one color", "Nothing can be seen in them."),
    ALPHA: (
        "partly transparent",
        "The colors below are read, which viewers hide; save them without transparency.",
    ),
    TURNED: (
        "with a mark of which way up they are, written in a rare way or place",
        "Viewers may turn them otherwise; save them upright.",
    ),
    COLORS: (
        "with a color profile, primaries or gamma other than sRGB's",
        "It is not applied, and viewers show other colors; convert them to sRGB.",
    ),
    INKS: ("in the colors of inks (CMYK)", "Viewers may show other colors; convert them to RGB."),
    NARROW: (
        "of 16 bits that use less than a quarter of their range",
        "The upper 8 bits are read, dark or flat; stretch them to 8 bits before.",
    ),
    ANIMATED: ("that move", "The first picture of each is read."),
}
_LEAST_SIDE, _MOST_PIXELS = 8, 1_000_000  # a person in a 4K frame has at most about as many
_SRGB = re.compile(rb"s\0?R\0?G\0?B")  # in a profile's description
_LEAST_SPREAD = 16  # of 256 levels, in the channel that has most
_STRAY = 0.02  # of the pixels at either end, such as noise or a clock in the corner
_LOOKED_AT = 32  # pixels a side
_SRGB_PRIMARIES = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)  # white, red, green, blue


def judge_shape(width, height):
    """Returns SCENE or TINY for a size that no picture of one person has, else None."""
    if min(width, height) < _LEAST_SIDE:
        return TINY
    return SCENE if width > height or width * height > _MOST_PIXELS else None


def judge_colors(pixels):
    """Returns FLAT for uint8[h, w, 3] in which nothing can be seen, else None."""
    steps = [max(1, side // _LOOKED_AT) for side in pixels.shape[:2]]
    levels = pixels[:: steps[0], :: steps[1]].reshape(-1, 3)
    return FLAT if _measure_spread(levels).max() < _LEAST_SPREAD else None


def judge_alpha(alpha):
    """Returns ALPHA unless an alpha channel, of either unsigned type, hides nothing, else None."""
    return ALPHA if alpha.min() < np.iinfo(alpha.dtype).max else None


def judge_depth(values):
    """Returns NARROW for uint16 values that lose most of what they are when cut to 8 bits."""
    return NARROW if _measure_spread(values.reshape(-1, 1))[0] < 2**14 else None


def judge_profile(profile):
    """Returns COLORS for the bytes of an ICC profile, or their beginning, unless it is sRGB."""
    return COLORS if profile and not _SRGB.search(profile) else None


def judge_primaries(primaries):
    """Returns COLORS for x and y of a PNG's white, red, green and blue, unless they are sRGB's."""
    if len(primaries or ()) != len(_SRGB_PRIMARIES):
        return None
    return None if np.allclose(primaries, _SRGB_PRIMARIES, rtol=0, atol=0.01) else COLORS


def judge_gamma(gamma):
    """Returns COLORS for a PNG's exponent, such as 1 for linear light, unless it is sRGB's."""
    return COLORS if gamma is not None and abs(gamma - 1 / 2.2) > 0.01 else None


def _measure_spread(levels):
    """Returns int[c], from the lowest to the highest of levels [n, c], stray pixels left out."""
    stray = int(_STRAY * len(levels))
    ends = np.partition(levels, (stray, len(levels) - 1 - stray), axis=0)
    return ends[len(levels) - 1 - stray].astype(int) - ends[stray]


class Tally:
    """Which images are odd, and how; may be used by several threads."""

    def __init__(self):
        self._names = collections.defaultdict(list)

    def add(self, name, kinds):
        """Notes the kinds of one image."""
        for kind in kinds:
            self._names[kind].append(name)

    def list_kinds(self):
        """Returns {kind: names of images}, in a fixed order."""
        return {kind: sorted(self._names[kind]) for kind in _WORDS if kind in self._names}

    def tell(self):
        """Returns a line for each kind: how many there are, the first, and what to do."""
        return [
            f"{tell_number(len(names), 'image')} {_WORDS[kind][0]}; the first is {names[0]}. "
            f"{_WORDS[kind][1]}"
            for kind, names in self.list_kinds().items()
        ]


def describe(kind):
    """Returns a kind in words, to stand behind the name of an image."""
    return f"{_WORDS[kind][0]}. {_WORDS[kind][1]}"
