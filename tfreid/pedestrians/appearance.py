"""What a synthetic person looks like: traits from short lists, so that people share most of them.

All colors of the clothes come from one of a few outfits, which many people wear. A color histogram
therefore confuses them; garment cut, pattern, bag, hair, hat and shoes tell them apart.
"""

import dataclasses

import numpy as np

COLORS = {
    "white": (0.90, 0.89, 0.86),
    "black": (0.13, 0.13, 0.15),
    "gray": (0.52, 0.53, 0.56),
    "navy": (0.14, 0.18, 0.36),
    "blue": (0.20, 0.40, 0.72),
    "red": (0.76, 0.16, 0.16),
    "green": (0.18, 0.48, 0.30),
    "yellow": (0.90, 0.72, 0.22),
    "beige": (0.76, 0.67, 0.52),
    "brown": (0.42, 0.26, 0.16),
}
HAIR_COLORS = {
    "black": (0.10, 0.09, 0.09),
    "brown": (0.30, 0.18, 0.10),
    "blond": (0.80, 0.63, 0.34),
    "gray": (0.66, 0.65, 0.64),
}
SKINS = {
    "light": (0.92, 0.75, 0.64),
    "tan": (0.80, 0.60, 0.45),
    "brown": (0.58, 0.40, 0.28),
    "dark": (0.38, 0.26, 0.19),
}


@dataclasses.dataclass(frozen=True)
class Outfit:
    """Colors that are worn together, as keys of `COLORS`."""

    upper: str
    upper_accent: str
    lower: str
    lower_accent: str
    bag: str
    hat: str
    shoes: str


OUTFITS = (
    Outfit("white", "navy", "navy", "white", "brown", "navy", "white"),
    Outfit("white", "red", "black", "white", "red", "black", "black"),
    Outfit("white", "green", "beige", "brown", "green", "beige", "brown"),
    Outfit("black", "white", "gray", "black", "yellow", "gray", "white"),
    Outfit("black", "red", "navy", "red", "gray", "red", "black"),
    Outfit("black", "yellow", "beige", "black", "brown", "black", "white"),
    Outfit("red", "white", "navy", "white", "black", "white", "white"),
    Outfit("red", "black", "gray", "black", "blue", "red", "black"),
    Outfit("red", "yellow", "beige", "brown", "brown", "yellow", "brown"),
    Outfit("blue", "white", "black", "white", "red", "blue", "white"),
    Outfit("blue", "yellow", "gray", "navy", "yellow", "navy", "black"),
    Outfit("blue", "white", "beige", "navy", "navy", "white", "brown"),
    Outfit("green", "white", "navy", "green", "beige", "green", "white"),
    Outfit("green", "yellow", "black", "yellow", "black", "yellow", "black"),
    Outfit("green", "black", "beige", "green", "white", "beige", "brown"),
    Outfit("yellow", "navy", "navy", "yellow", "blue", "yellow", "white"),
    Outfit("yellow", "white", "gray", "white", "green", "black", "black"),
    Outfit("yellow", "red", "black", "red", "red", "red", "brown"),
)

UPPER_CUTS = ("tank", "tee", "long", "jacket", "coat")
UPPER_PATTERNS = ("plain", "stripes", "bars", "checks", "dots", "emblem", "halves", "yoke", "sash")
LOWER_CUTS = ("trousers", "wide", "slim", "shorts", "skirt", "long_skirt")
LOWER_PATTERNS = ("plain", "plain", "side_stripe", "checks", "hem", "bars")
HAIR_STYLES = ("bald", "short", "bob", "long", "ponytail", "bun")
HATS = ("none", "none", "none", "cap", "beanie", "brim")
BAGS = ("none", "backpack", "shoulder", "handbag", "trolley")
SHOES = ("low", "boots", "sandals")


@dataclasses.dataclass(frozen=True)
class Appearance:
    """Traits of one person: an outfit, names from this module's lists, and factors near 1.

    Attributes:
      outfit: the colors of the clothes.
      upper_cut, upper_pattern: of shirt, jacket or coat.
      lower_cut, lower_pattern: of trousers or skirt.
      hair_style, hair_color, hat, bag, shoes, skin: what they say.
      height: body height over the average.
      girth, shoulders, hips: widths over the average of that height.
    """

    outfit: Outfit
    upper_cut: str
    upper_pattern: str
    lower_cut: str
    lower_pattern: str
    hair_style: str
    hair_color: str
    hat: str
    bag: str
    shoes: str
    skin: str
    height: float = 1.0
    girth: float = 1.0
    shoulders: float = 1.0
    hips: float = 1.0

    def fold_seed(self, part):
        """Returns the seed of a garment's folds, which stay with the person; `part` is a number."""
        return [int(self.height * 1e6), int(self.girth * 1e6), part]


def draw_appearance(rng):
    """Returns a random `Appearance`; `rng` is a numpy Generator."""
    traits = {name: values[rng.integers(len(values))] for name, values in _CHOICES.items()}
    sizes = {name: float(rng.uniform(*limits)) for name, limits in _SIZES.items()}
    return Appearance(**traits, **sizes)


def draw_people(count, rng, least_difference=9):
    """Returns `count` appearances, any two of which differ visibly.

    Args:
      count: how many.
      rng: a numpy Generator.
      least_difference: of any two: the weights of the traits in which they differ, summed. Where
        some hundred tries find nobody who is so different from all others, it is lowered by one.
    """
    weights, people, tries = np.array(list(_WEIGHTS.values())), [], 0
    codes = np.empty((count, len(_WEIGHTS)), np.int64)
    while len(people) < count:
        candidate = draw_appearance(rng)
        code = _encode(candidate)
        # Against all at once: for hundreds of people there are thousands of candidates.
        if np.all((codes[: len(people)] != code) @ weights >= least_difference):
            codes[len(people)] = code
            people.append(candidate)
            tries = 0
            continue
        tries += 1
        if tries > _TRIES:
            least_difference, tries = max(least_difference - 1, 1), 0
    return people


def _encode(person):
    """Returns the places of a person's traits in their lists."""
    return [_CHOICES[name].index(getattr(person, name)) for name in _WEIGHTS]


_TRIES = 300
_CHOICES = {
    "outfit": OUTFITS,
    "upper_cut": UPPER_CUTS,
    "upper_pattern": UPPER_PATTERNS,
    "lower_cut": LOWER_CUTS,
    "lower_pattern": LOWER_PATTERNS,
    "hair_style": HAIR_STYLES,
    "hair_color": tuple(HAIR_COLORS),
    "hat": HATS,
    "bag": BAGS,
    "shoes": SHOES,
    "skin": tuple(SKINS),
}
_SIZES = {
    "height": (0.92, 1.06),
    "girth": (0.88, 1.25),
    "shoulders": (0.92, 1.1),
    "hips": (0.92, 1.1),
}
# How well a trait is seen from every side at 128 x 64 pixels: the more, the more it separates.
_WEIGHTS = {
    "outfit": 4,
    "upper_cut": 2,
    "upper_pattern": 3,
    "lower_cut": 3,
    "lower_pattern": 1,
    "hair_style": 1,
    "hair_color": 1,
    "hat": 2,
    "bag": 2,
    "shoes": 1,
    "skin": 1,
}
