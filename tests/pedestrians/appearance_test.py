"""Traits of synthetic people."""

import collections
import dataclasses
import itertools

import numpy as np

from tfreid.pedestrians import appearance
from tfreid.pedestrians.appearance import (
    COLORS,
    OUTFITS,
    Appearance,
    draw_appearance,
    draw_people,
)

PLAIN = Appearance(
    OUTFITS[0], "tee", "plain", "trousers", "plain", "short", "black", "none", "none", "low", "tan"
)


def measure_difference(one, other):
    """Returns the weights of the traits in which two people differ, summed."""
    weights = appearance._WEIGHTS.items()
    return sum(weight for name, weight in weights if getattr(one, name) != getattr(other, name))


def test_any_two_people_differ_as_much_as_is_asked_for(rng):
    people = draw_people(60, rng, least_difference=9)
    pairs = itertools.combinations(people, 2)
    assert min(measure_difference(one, other) for one, other in pairs) >= 9


def test_people_are_found_even_where_so_much_difference_is_impossible(rng):
    """All weights together are 21: nobody differs by 22, so less is accepted at last."""
    assert sum(appearance._WEIGHTS.values()) == 21
    people = draw_people(4, rng, least_difference=22)
    assert len(set(people)) == 4


def test_many_people_wear_the_same_colors(rng):
    """18 outfits for 180 people: about ten each, so that color alone names nobody."""
    worn = collections.Counter(person.outfit for person in draw_people(180, rng))
    assert len(worn) == len(OUTFITS) == 18
    assert min(worn.values()) >= 3


def test_outfits_differ_and_use_known_colors():
    assert len(set(OUTFITS)) == len(OUTFITS)
    assert {color for outfit in OUTFITS for color in dataclasses.astuple(outfit)} <= set(COLORS)


def test_a_pattern_is_visible_on_its_garment():
    for outfit in OUTFITS:
        for color, accent in (
            (outfit.upper, outfit.upper_accent),
            (outfit.lower, outfit.lower_accent),
        ):
            assert np.abs(np.subtract(COLORS[color], COLORS[accent])).max() > 0.1


def test_people_depend_on_the_seed_alone():
    first, again = (draw_people(9, np.random.default_rng(5)) for _ in range(2))
    assert first == again != draw_people(9, np.random.default_rng(6))


def test_every_trait_occurs(rng):
    people = [draw_appearance(rng) for _ in range(400)]
    for name, values in appearance._CHOICES.items():
        assert {getattr(person, name) for person in people} == set(values)


def test_folds_stay_with_a_person_and_differ_between_garments():
    assert PLAIN.fold_seed(1) == PLAIN.fold_seed(1) != PLAIN.fold_seed(2)
