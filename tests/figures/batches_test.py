"""Batches as pictures."""

import os

import numpy as np
import pytest

from tfreid.data.batches import IMAGE, LABEL
from tfreid.data.pipeline import make_train_dataset
from tfreid.data.readers import read_dataset
from tfreid.data.sampling import IdentitySampler
from tfreid.data.transforms import normalize_image
from tfreid.figures import batches
from tfreid.figures.batches import CELL_HEIGHT, GAP, draw_batch, draw_train_batch, restore_images
from tfreid.figures.canvas import GREEN, INK
from tfreid.options import TrainOptions

CELL_WIDTH = 64  # of images of 32 x 16


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


def test_more_identities_than_rows_stand_to_the_right(monkeypatch):
    monkeypatch.setattr(batches, "ROWS", 3)
    colors = [(50 * i, 100, 0) for i in range(5)]
    picture = draw_batch(make_batch(colors), range(5), "imagenet")
    block = batches.LABEL_WIDTH + CELL_WIDTH + GAP + batches.MARGIN
    assert picture.shape == (
        2 * batches.MARGIN + 3 * CELL_HEIGHT + 2 * GAP,
        2 * block + batches.MARGIN,
        3,
    )
    x = batches.MARGIN + block + batches.LABEL_WIDTH
    assert picture[batches.MARGIN, x].tolist() == [150, 100, 0]


def test_rows_grow_where_columns_would_be_too_wide(monkeypatch):
    """A block of 144 pixels fits twice into 300: 7 identities stand in 4 rows."""
    monkeypatch.setattr(batches, "ROWS", 3)
    monkeypatch.setattr(batches, "MAX_WIDTH", 300)
    picture = draw_batch(make_batch([(9, 9, 9)] * 7), range(7), "imagenet")
    assert picture.shape[:2] == (4 * CELL_HEIGHT + 3 * GAP + 24, 2 * 144 + 12)


def test_sets_frame_the_probe_and_its_match_alone():
    """Two sets of a probe and three others, the match second; label 4 is in both."""
    labels = [4, 4, 1, 2, 3, 3, 4, 5]
    picture = draw_batch(make_batch([(90, 90, 90)] * 8), labels, "imagenet", group_size=4)
    for i in range(8):
        row, place = divmod(i, 4)
        y = batches.MARGIN + row * (CELL_HEIGHT + GAP)
        x = batches.MARGIN + batches.LABEL_WIDTH + place * (CELL_WIDTH + GAP)
        color = {0: INK, 1: GREEN}.get(place, (90, 90, 90))
        cell = picture[y : y + CELL_HEIGHT, x : x + CELL_WIDTH]
        for corner in (cell[0, 0], cell[0, -1], cell[-1, 0], cell[-1, -1]):
            assert tuple(corner) == color, i
        assert (cell[10:-10, 10:-10] == 90).all()


def test_a_mutual_set_is_drawn_identity_by_identity():
    """Probes 4, 7 and 2, then their matches in the same order: three rows of two."""
    colors = [(10 * i, 90, 0) for i in range(6)]
    labels = [4, 7, 2, 4, 7, 2]
    picture = draw_batch(make_batch(colors), labels, "imagenet", group_size=6)
    assert picture.shape[0] == 2 * batches.MARGIN + 3 * CELL_HEIGHT + 2 * GAP
    for i, color in enumerate(colors):
        place, row = divmod(i, 3)
        y = batches.MARGIN + row * (CELL_HEIGHT + GAP)
        x = batches.MARGIN + batches.LABEL_WIDTH + place * (CELL_WIDTH + GAP)
        assert tuple(picture[y, x]) == color


def test_captions_say_what_a_group_is(monkeypatch):
    texts = []
    monkeypatch.setattr(batches, "draw_text", lambda image, xy, text, *_, **__: texts.append(text))
    draw_batch(make_batch([(9, 9, 9)] * 4), [7, 7, 3, 3], "imagenet", group_size=2)
    draw_batch(make_batch([(9, 9, 9)] * 4), [7, 3, 3, 7], "imagenet", group_size=2)
    assert texts == ["label 7", "label 3", "set 1", "set 2"]


def test_the_first_batch_is_what_training_begins_with(market_folder):
    """Against the pipeline's own batch; another seed shows other people."""
    flags = ["--dataset=folder", f"--data_dir={market_folder()}", "--height=32", "--width=16"]
    cut = ["--cutout_height=8", "--cutout_width=8"]
    options = TrainOptions.parse(["test", *flags, *cut])
    split = read_dataset(options.data).train
    sampler = IdentitySampler(split.pids, 2, 2, seed=options.learning.seed)
    batch = next(
        iter(make_train_dataset(split, sampler, options.data, options.augment, 0, 0, num_steps=3))
    )
    expected = draw_batch(batch[IMAGE], batch[LABEL], "imagenet")
    np.testing.assert_array_equal(draw_train_batch(split, sampler, options), expected)
    other = IdentitySampler(split.pids, 2, 2, seed=5)
    assert (draw_train_batch(split, other, options) != expected).any()


def test_the_first_batch_reads_its_own_images_only(market_folder):
    """A bank of all training images would take minutes for one picture."""
    folder = market_folder()
    flags = ["--dataset=folder", f"--data_dir={folder}", "--height=32", "--width=16"]
    options = TrainOptions.parse(["test", *flags, "--cutout_probability=0", "--cache_images"])
    split = read_dataset(options.data).train
    sampler = IdentitySampler(split.pids, 2, 2, seed=0)
    expected = draw_train_batch(split, sampler, options)
    for row in set(range(len(split))) - set(sampler.batch(0).numpy().tolist()):
        os.remove(split.paths[row])
    np.testing.assert_array_equal(draw_train_batch(split, sampler, options), expected)


def test_a_batch_of_other_shapes_is_refused():
    for images, labels in (
        (np.zeros((2, 8, 4, 3)), [1]),
        (np.zeros((8, 4, 3)), [1]),
        (np.zeros((0, 8, 4, 3)), []),
    ):
        with pytest.raises(ValueError, match="a batch is float"):
            draw_batch(images, labels, "imagenet")
