"""Positions of a map and their weights."""

import numpy as np
import pytest

from tfreid.figures.attention import Reference, choose_references, select_weights, sort_positions

MAP = (6, 4)


def test_weights_are_those_of_the_reference_not_those_towards_it():
    attention = np.random.default_rng(0).random((*MAP, *MAP)).astype(np.float32)
    np.testing.assert_array_equal(select_weights(attention, (3, 1)), attention[3, 1])
    assert select_weights(attention.astype(np.float16), (3, 1)).dtype == np.float32


def test_positions_come_strongest_first_and_equals_as_they_are_read():
    assert sort_positions(np.array([[1, 3], [3, 2]])) == [(0, 1), (1, 0), (1, 1), (0, 0)]


@pytest.mark.parametrize("map_size", [(48, 16), (24, 8), (16, 8), (1, 1), (5, 2)])
def test_default_references_lie_on_the_map(map_size):
    references = choose_references(map_size)
    assert [reference.name for reference in references] == ["head", "torso", "legs", "background"]
    for reference in references:
        assert 0 <= reference.row < map_size[0] and 0 <= reference.col < map_size[1]


def test_default_references_of_the_paper_map():
    assert choose_references((48, 16)) == [
        Reference("head", 5, 8),
        Reference("torso", 16, 8),
        Reference("legs", 37, 8),
        Reference("background", 2, 1),
    ]


@pytest.mark.parametrize("place", [(6, 0), (0, 4), (-1, 0), (0, -1)])
def test_a_reference_outside_the_map_is_refused(place):
    with pytest.raises(ValueError, match=r"outside the map of 6 rows and 4 columns"):
        select_weights(np.zeros((*MAP, *MAP)), place)


@pytest.mark.parametrize("shape", [(24, 24), (6, 4, 4, 6), (6, 4, 24)])
def test_attention_of_another_shape_is_refused(shape):
    with pytest.raises(ValueError, match=r"float\[h, w, h, w\]"):
        select_weights(np.zeros(shape), (0, 0))
