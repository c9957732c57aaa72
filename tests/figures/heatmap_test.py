"""Heat maps: where the largest weight lies, and how colors are mixed."""

import matplotlib
import numpy as np
import pytest

from tfreid.figures import heatmap
from tfreid.figures.heatmap import blend_heatmap, color_heat, stretch_map, upsample_map


def test_a_delta_stays_on_the_center_of_its_cell():
    """Cell (2, 1) of a 6 x 3 map on a 60 x 48 picture is centered on row 25, column 24."""
    delta = np.zeros((6, 3))
    delta[2, 1] = 1
    large = upsample_map(delta, 60, 48)
    assert large.shape == (60, 48)
    rows, cols = np.indices(large.shape)
    assert (large * (rows + 0.5)).sum() / large.sum() == pytest.approx(25)
    assert (large * (cols + 0.5)).sum() / large.sum() == pytest.approx(24)
    assert large.max() == pytest.approx(1, abs=0.1)
    assert large[:14].max() == 0 and large[36:].max() == 0  # a cell's reach is one cell


def test_upsampling_is_linear_between_centers():
    """Two rows 0 and 1 on four pixels: centers of cells at 1 and 3, of pixels at 0.5 ... 3.5."""
    large = upsample_map(np.array([[0.0], [1.0]]), 4, 1)
    np.testing.assert_allclose(large[:, 0], [0, 0.25, 0.75, 1])


def test_stretching_reaches_from_zero_to_one():
    np.testing.assert_allclose(stretch_map([[2, 4, 3]]), [[0, 1, 0.5]])
    np.testing.assert_array_equal(stretch_map(np.full((2, 3), 1 / 6)), np.zeros((2, 3)))
    np.testing.assert_array_equal(stretch_map(np.zeros((2, 3))), np.zeros((2, 3)))


def test_colors_come_from_the_color_map():
    expected = np.rint(np.array(matplotlib.colormaps[heatmap.COLORMAP](1.0)[:3]) * 255)
    np.testing.assert_allclose(color_heat([[1.0]])[0, 0], expected, atol=1)


def test_hot_and_cold_places_mix_picture_and_color_by_the_stated_shares():
    """A gray picture of 100; left half cold, right half hot."""
    picture = np.full((8, 16, 3), 100, np.uint8)
    mixture = blend_heatmap(picture, np.array([[0.0, 0.0, 1.0, 1.0]]))
    for column, heat, opacity in ((0, 0.0, heatmap.OPACITY[0]), (-1, 1.0, heatmap.OPACITY[1])):
        color = color_heat([[heat]])[0, 0].astype(float)
        expected = (1 - opacity) * 100 + opacity * color
        np.testing.assert_allclose(mixture[4, column], expected, atol=0.51)


def test_every_color_that_is_seen_belongs_to_the_map():
    """Two pictures of one lightness but other colors look the same below the map."""
    red, gray = (np.full((4, 2, 3), color, np.uint8) for color in ((170, 51, 0), (81, 81, 81)))
    weights = np.arange(8.0).reshape(4, 2)
    np.testing.assert_array_equal(blend_heatmap(red, weights), blend_heatmap(gray, weights))
