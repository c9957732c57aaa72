"""Heat on one absolute scale: even attention is bare, and equal shares look equal everywhere."""

import numpy as np
import pytest

from tfreid.figures import heat
from tfreid.figures.canvas import GREEN, RED, add_panel, make_figure, render_figure
from tfreid.figures.heat import Reference, choose_references, select_weights, sort_positions


def draw(shares, image=None, panel=(120, 160)):
    """Returns the pixels of a panel alone."""
    image = np.full((40, 30, 3), 128, np.uint8) if image is None else image
    figure = make_figure(*panel)
    heat.show_heat(add_panel(figure, 0, 0, *panel), image, np.asarray(shares, np.float32))
    return render_figure(figure).astype(int)


def test_shares_are_weights_in_units_of_the_even_weight():
    """Of 4 positions, 0.5 is twice the even weight 1/4."""
    weights = np.array([[0.5, 0.25], [0.125, 0.125]])
    np.testing.assert_allclose(heat.measure_shares(weights), [[2, 1], [0.5, 0.5]])


def test_a_flat_map_says_so_and_leaves_the_picture_bare():
    flat = np.array([[1.01, 0.99], [1.0, 1.0]])
    assert "flat" in heat.describe_shares(flat) and "flat" not in heat.describe_shares(1.2 * flat)
    assert np.ptp(draw(np.ones((4, 3))), axis=-1).max() <= 2
    assert np.ptp(draw(np.full((4, 3), 2.0)), axis=-1).min() > 30


def test_words_name_the_least_and_the_largest_share():
    assert "0.41" in heat.describe_shares(np.array([0.41, 2.57]))
    assert "2.57" in heat.describe_shares(np.array([0.41, 2.57]))


def test_a_share_looks_the_same_whatever_else_its_panel_holds():
    """Column 0 has a share of 2 both times; elsewhere is 1 or 8."""
    mild, strong = (draw([[2, 2, other, other]] * 2) for other in (1.0, 8.0))
    np.testing.assert_allclose(mild[:, :30], strong[:, :30], atol=3)
    assert np.abs(mild[:, -20:] - strong[:, -20:]).max() > 50


def test_more_than_even_is_warm_and_less_is_cold_and_both_end_with_the_scale():
    warm, cold = draw(np.full((2, 2), 4.0))[80, 60], draw(np.full((2, 2), 0.25))[80, 60]
    assert warm[0] > warm[2] and cold[2] > cold[1]
    np.testing.assert_array_equal(draw(np.full((2, 2), 8.0)), draw(np.full((2, 2), 50.0)))
    np.testing.assert_array_equal(draw(np.full((2, 2), 1 / 8)), draw(np.zeros((2, 2))))


def test_the_heat_of_a_position_lies_on_its_cell():
    """Position (3, 1) of a map of 4 x 3 on 120 x 160 pixels: columns 40 to 80, rows 120 to 160."""
    shares = np.ones((4, 3))
    shares[3, 1] = 8
    rows, columns = np.nonzero(np.ptp(draw(shares), axis=-1) > 90)
    assert columns.mean() == pytest.approx(59.5, abs=2) and 120 <= rows.min() + 12


def test_a_mark_lies_on_its_position_in_its_color():
    figure = make_figure(120, 160)
    panel = add_panel(figure, 0, 0, 120, 160)
    heat.show_on_map(panel, np.zeros((40, 30, 3), np.uint8), (4, 3))
    heat.mark(panel, (3, 1), RED, 9)
    heat.mark(panel, (0, 2), GREEN, 12)
    pixels = render_figure(figure)
    assert pixels[140, 60].tolist() == [214, 33, 40] and pixels[20, 100].tolist() == [0, 145, 65]


def test_the_legend_has_marks_and_the_scale_from_an_eighth_to_eight():
    figure = make_figure(1000, 60)
    heat.draw_legend(figure, 16, {GREEN: "reference", RED: "strongest"})
    (legend,), (scale,) = figure.legends, figure.axes
    assert [text.get_text() for text in legend.get_texts()] == ["reference", "strongest"]
    labels = [text.get_text() for text in scale.get_xticklabels()]
    assert labels == ["1/8", "1/4", "1/2", "1", "2", "4", "8"]
    assert figure.texts[0].get_window_extent().x1 < 1000 - 8


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
