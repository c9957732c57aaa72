"""What a synthetic person looks like: traits from short lists, so that people share most of them.

Colors come from a small palette on purpose. A color histogram then confuses people; garment cut,
pattern, bag, hair, hat and shoes tell them apart.
"""

import dataclasses

import numpy as np

GARMENT_COLORS = {
    "white": (0.90, 0.89, 0.86),
    "black": (0.14, 0.14, 0.16),
    "red": (0.74, 0.15, 0.15),
    "blue": (0.16, 0.32, 0.66),
    "green": (0.20, 0.48, 0.28),
    "yellow": (0.88, 0.70, 0.20),
}
LOWER_COLORS = {
    "navy": (0.15, 0.19, 0.36),
    "black": (0.15, 0.15, 0.17),
    "beige": (0.74, 0.65, 0.50),
    "gray": (0.50, 0.51, 0.54),
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
UPPER_CUTS = ("tank", "tee", "long", "jacket", "coat")
UPPER_PATTERNS = ("plain", "stripes", "bars", "checks", "dots", "emblem", "halves", "yoke", "sash")
LOWER_CUTS = ("trousers", "wide", "slim", "shorts", "skirt", "long_skirt")
LOWER_PATTERNS = ("plain", "plain", "side_stripe", "checks", "hem", "bars")
HAIR_STYLES = ("bald", "short", "bob", "long", "ponytail", "bun")
HATS = ("none", "none", "none", "cap", "beanie", "brim")
BAGS = ("none", "backpack", "shoulder", "handbag", "trolley")
SHOES = ("low", "boots", "sandals")
SHOE_COLORS = {
    "white": (0.88, 0.88, 0.86),
    "black": (0.12, 0.12, 0.13),
    "brown": (0.42, 0.25, 0.14),
}


@dataclasses.dataclass(frozen=True)
class Appearance:
    """Traits of one person; names are keys of this module's lists, numbers are factors near 1."""

    upper_cut: str
    upper_color: str
    upper_pattern: str
    upper_accent: str
    lower_cut: str
    lower_color: str
    lower_pattern: str
    lower_accent: str
    hair_style: str
    hair_color: str
    hat: str
    hat_color: str
    bag: str
    bag_color: str
    shoes: str
    shoe_color: str
    skin: str
    height: float
    girth: float
    shoulders: float
    hips: float


# How well a trait is seen from every side at 128 x 64 pixels: the more, the more it separates.
_WEIGHTS = {
    "upper_cut": 2,
    "upper_color": 2,
    "upper_pattern": 2,
    "upper_accent": 1,
    "lower_cut": 2,
    "lower_color": 2,
    "lower_pattern": 1,
    "hair_style": 1,
    "hair_color": 1,
    "hat": 1,
    "bag": 2,
    "bag_color": 1,
    "shoes": 1,
    "shoe_color": 1,
    "skin": 1,
}
_LEAST_DIFFERENCE = 8
_TRIES = 200


def draw_appearance(rng):
    """Returns a random `Appearance`; `rng` is a numpy Generator."""
    pick = lambda names: str(names[rng.integers(len(names))])  # noqa: E731
    colors = tuple(GARMENT_COLORS)
    upper, lower = pick(colors), pick(tuple(LOWER_COLORS))
    return Appearance(
        upper_cut=pick(UPPER_CUTS),
        upper_color=upper,
        upper_pattern=pick(UPPER_PATTERNS),
        upper_accent=pick([color for color in colors if color != upper]),
        lower_cut=pick(LOWER_CUTS),
        lower_color=lower,
        lower_pattern=pick(LOWER_PATTERNS),
        lower_accent=pick(("white", "red", "yellow")),
        hair_style=pick(HAIR_STYLES),
        hair_color=pick(tuple(HAIR_COLORS)),
        hat=pick(HATS),
        hat_color=pick(colors),
        bag=pick(BAGS),
        bag_color=pick(colors),
        shoes=pick(SHOES),
        shoe_color=pick(tuple(SHOE_COLORS)),
        skin=pick(tuple(SKINS)),
        height=float(rng.uniform(0.92, 1.06)),
        girth=float(rng.uniform(0.88, 1.25)),
        shoulders=float(rng.uniform(0.92, 1.1)),
        hips=float(rng.uniform(0.92, 1.1)),
    )


def measure_difference(one, other):
    """Returns by how many visible cues (weighted) two appearances differ."""
    return sum(
        weight for name, weight in _WEIGHTS.items() if getattr(one, name) != getattr(other, name)
    )


def draw_people(count, rng):
    """Returns `count` appearances, any two of which differ visibly.

    The least difference is kept as long as a few hundred tries find someone new, and lowered by one
    where the list of traits is exhausted.
    """
    people, least, tries = [], _LEAST_DIFFERENCE, 0
    while len(people) < count:
        candidate = draw_appearance(rng)
        if all(measure_difference(candidate, person) >= least for person in people):
            people.append(candidate)
            tries = 0
            continue
        tries += 1
        if tries > _TRIES:
            least, tries = max(least - 1, 1), 0
    return people
