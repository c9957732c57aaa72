"""Batches as pictures."""

import numpy as np
import pytest

from tfreid.data.transforms import normalize_image
from tfreid.visual import batches
from tfreid.visual.batches import CELL_HEIGHT, CELL_WIDTH, GAP, draw_batch, restore_images


def make_batch(colors, height=32, width=16):
    """Returns normalized images, each of one color."""
    pixels = np.array(colors, np.uint8)[:, None, None, :]
    return normalize_image(np.tile(pixels, (1, height, width, 1)), "imagenet").numpy()


@pytest.mark.parametrize("name", ["imagenet", "inception"])
def test_normalization_is_undone_to_the_bit(name):
    pixels = np.random.default_rng(0).integers(0, 256, (2, 5, 3, 3), dtype=np.uint8)
    np.testing.assert_array_equal(restore_images(normalize_image(pixels, name), name), pixels)


def test_zeros_as_cutout_writes_them_become_the_mean_color():
    """0.485, 0.456 and 0.406 of 255: 123.7, 116.3, 103.5."""
    assert restore_images(np.zeros((1, 1, 3)), "imagenet")[0, 0].tolist() == [124, 116, 104]


def test_values_beyond_the_range_of_pixels_are_cut():
    assert restore_images(np.full((1, 1, 3), 9.0), "imagenet").tolist() == [[[255, 255, 255]]]
    assert restore_images(np.full((1, 1, 3), -9.0), "imagenet").tolist() == [[[0, 0, 0]]]


def test_each_identity_has_one_row_in_the_order_of_the_batch():
    colors = [(10, 0, 0), (20, 0, 0), (0, 30, 0), (0, 40, 0), (0, 0, 50), (0, 0, 60)]
    picture = draw_batch(make_batch(colors), [4, 4, 1, 1, 9, 9], "imagenet")
    left = batches.MARGIN + batches.LABEL_WIDTH
    for i, color in enumerate(colors):
        row, place = divmod(i, 2)
        y = batches.MARGIN + row * (CELL_HEIGHT + GAP)
        x = left + place * (CELL_WIDTH + GAP)
        cell = picture[y : y + CELL_HEIGHT, x : x + CELL_WIDTH]
        np.testing.assert_array_equal(cell, np.broadcast_to(color, cell.shape))
        label = picture[y : y + CELL_HEIGHT, batches.MARGIN : left - GAP]
        assert (label != 255).any()


def test_more_identities_than_rows_stand_to_the_right():
    colors = [(50 * i, 100, 0) for i in range(5)]
    picture = draw_batch(make_batch(colors), range(5), "imagenet", rows=3)
    block = batches.LABEL_WIDTH + CELL_WIDTH + GAP + batches.MARGIN
    assert picture.shape == (
        2 * batches.MARGIN + 3 * CELL_HEIGHT + 2 * GAP,
        2 * block + batches.MARGIN,
        3,
    )
    x = batches.MARGIN + block + batches.LABEL_WIDTH
    assert picture[batches.MARGIN, x].tolist() == [150, 100, 0]


def test_a_batch_of_other_shapes_is_refused():
    for images, labels in (
        (np.zeros((2, 8, 4, 3)), [1]),
        (np.zeros((8, 4, 3)), [1]),
        (np.zeros((0, 8, 4, 3)), []),
    ):
        with pytest.raises(ValueError, match="a batch is float"):
            draw_batch(images, labels, "imagenet")
