"""Attention pictures: the reference, its strongest relations and the heat in the right places."""

import numpy as np
import pytest

from tfreid.figures.attention import (
    Reference,
    choose_references,
    draw_attention,
    enlarge_picture,
    find_related,
    level_reference,
    locate_position,
    select_weights,
)
from tfreid.figures.canvas import GREEN, RED
from tfreid.figures.heatmap import color_heat

MAP = (6, 4)  # of an image of other proportions


def make_attention(seed=0):
    weights = np.random.default_rng(seed).random((*MAP, *MAP))
    return (weights / weights.sum((2, 3), keepdims=True)).astype(np.float32)


def make_image(height=48, width=16):
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)


def is_color(panel, position, color):
    x, y = locate_position(position, MAP, panel.shape[1::-1])
    return tuple(panel[int(y), int(x)]) == color


def test_red_points_are_the_strongest_relations_and_the_reference_is_green():
    attention, reference = make_attention(), (2, 3)
    panel = draw_attention(make_image(), attention, reference, top=4, panel_height=240)
    flat = attention[2, 3].ravel().copy()
    flat[2 * 4 + 3] = -1
    strongest = {divmod(int(i), 4) for i in np.argsort(flat)[-4:]}
    for position in np.ndindex(*MAP):
        assert is_color(panel, position, RED) == (position in strongest), position
        assert is_color(panel, position, GREEN) == (position == reference), position


def test_relations_come_strongest_first_without_the_reference():
    attention = np.zeros((*MAP, *MAP))
    attention[1, 2, 1, 2] = 0.5
    attention[1, 2, 5, 0] = 0.3
    attention[1, 2, 0, 3] = 0.2
    assert find_related(attention, (1, 2), top=3) == [(5, 0), (0, 3), (0, 0)]
    assert len(find_related(attention, (1, 2), top=100)) == 6 * 4 - 1


def test_the_heat_of_a_delta_peaks_at_its_position():
    attention = np.zeros((*MAP, *MAP))
    attention[0, 0, 4, 1] = 1.0
    image = np.full((48, 16, 3), 128, np.uint8)
    panel = draw_attention(image, attention, (0, 0), top=0, panel_height=240)
    assert panel.shape == (240, 80, 3)
    hot = color_heat([[1.0]])[0, 0].astype(int)
    gap = np.abs(panel.astype(int) - hot).sum(-1)
    rows, cols = np.nonzero(gap == gap.min())
    assert rows.mean() + 0.5 == pytest.approx((4 + 0.5) * 40, abs=1)
    assert cols.mean() + 0.5 == pytest.approx((1 + 0.5) * 20, abs=1)


def test_weights_are_those_of_the_reference_not_those_towards_it():
    attention = make_attention()
    np.testing.assert_array_equal(select_weights(attention, (3, 1)), attention[3, 1])
    assert select_weights(attention.astype(np.float16), (3, 1)).dtype == np.float32


def test_the_references_own_weight_does_not_set_the_scale():
    weights = np.array([[0.1, 0.2], [0.6, 0.1]])
    np.testing.assert_array_equal(level_reference(weights, (1, 0)), [[0.1, 0.2], [0.2, 0.1]])
    np.testing.assert_array_equal(level_reference(weights, (0, 0)), weights)
    assert weights[1, 0] == 0.6  # the input stays
    np.testing.assert_array_equal(level_reference(np.ones((1, 1)), (0, 0)), [[0]])
    image = np.full((48, 16, 3), 128, np.uint8)
    attention = np.full((*MAP, *MAP), 0.01)
    attention[0, 0, 4, 1] = 0.02
    plain = draw_attention(image, attention, (0, 0), panel_height=240)
    attention[0, 0, 0, 0] = 0.02  # as large as the largest other one
    level = draw_attention(image, attention, (0, 0), panel_height=240)
    attention[0, 0, 0, 0] = 0.75
    np.testing.assert_array_equal(draw_attention(image, attention, (0, 0), panel_height=240), level)
    assert (level != plain).any()


def test_a_position_is_the_center_of_its_cell():
    """Row 1 of 6 on 120 pixels: 20 to 40; column 3 of 4 on 60 pixels: 45 to 60."""
    assert locate_position((1, 3), (6, 4), (60, 120)) == pytest.approx((52.5, 30))


def test_panels_keep_the_proportions_of_the_picture():
    assert enlarge_picture(make_image(50, 20), 100).shape == (100, 40, 3)
    assert enlarge_picture(make_image(50, 1), 10).shape == (10, 1, 3)


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


@pytest.mark.parametrize("reference", [(6, 0), (0, 4), (-1, 0), (0, -1)])
def test_a_reference_outside_the_map_is_refused(reference):
    with pytest.raises(ValueError, match=r"outside the map of 6 rows and 4 columns"):
        draw_attention(make_image(), make_attention(), reference)


@pytest.mark.parametrize("shape", [(24, 24), (6, 4, 4, 6), (6, 4, 24)])
def test_attention_of_another_shape_is_refused(shape):
    with pytest.raises(ValueError, match=r"float\[h, w, h, w\], not of shape"):
        find_related(np.zeros(shape), (0, 0))
