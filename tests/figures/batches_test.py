"""Batches as pictures."""

import os

import numpy as np
import pytest
from matplotlib.colors import to_hex

from tfreid.data.pipeline import IMAGE, LABEL, make_train_dataset
from tfreid.data.readers import read_dataset
from tfreid.data.sampling import IdentitySampler
from tfreid.data.transforms import normalize_image
from tfreid.figures import batches
from tfreid.figures.batches import (
    CELL_HEIGHT,
    GAP,
    draw_batch,
    draw_train_batch,
    make_batch_figure,
    restore_images,
)
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


def list_pictures(panel):
    """Returns the first pixel of each picture of a group, from left to right."""
    images = sorted(panel.images, key=lambda image: image.get_extent()[0])
    return [tuple(np.asarray(image.get_array())[0, 0].tolist()) for image in images]


def list_captions(figure):
    return [text.get_text() for text in figure.texts]


def test_each_identity_has_one_row_in_the_order_of_the_batch():
    colors = [(10, 0, 0), (20, 0, 0), (0, 30, 0), (0, 40, 0), (0, 0, 50), (0, 0, 60)]
    figure = make_batch_figure(make_batch(colors), [4, 4, 1, 1, 9, 9], "imagenet")
    assert [list_pictures(panel) for panel in figure.axes] == [colors[:2], colors[2:4], colors[4:]]
    tops = [panel.get_position().y1 for panel in figure.axes]
    assert tops[0] > tops[1] > tops[2]
    assert list_captions(figure) == ["label 4", "label 1", "label 9"]


def test_a_drawn_batch_shows_its_pixels_as_high_as_a_cell():
    picture = draw_batch(make_batch([(10, 120, 30)]), [4], "imagenet")
    shown = (picture == (10, 120, 30)).all(axis=-1)
    assert shown.sum() == CELL_HEIGHT * CELL_WIDTH


def test_more_identities_than_rows_stand_to_the_right(monkeypatch):
    monkeypatch.setattr(batches, "ROWS", 3)
    figure = make_batch_figure(make_batch([(50, 100, 0)] * 5), range(5), "imagenet")
    boxes = [panel.get_position() for panel in figure.axes]
    assert boxes[3].x0 > boxes[0].x1 and boxes[3].y0 == boxes[0].y0
    assert boxes[2].x0 == boxes[0].x0


def test_rows_grow_where_columns_would_be_too_wide(monkeypatch):
    """A block of 144 pixels fits twice into 300: 7 identities stand in 4 rows."""
    monkeypatch.setattr(batches, "ROWS", 3)
    monkeypatch.setattr(batches, "MAX_WIDTH", 300)
    picture = draw_batch(make_batch([(9, 9, 9)] * 7), range(7), "imagenet")
    assert picture.shape[:2] == (4 * CELL_HEIGHT + 3 * GAP + 24, 2 * 144 + 12)


def test_sets_frame_the_probe_and_its_match_alone():
    """Two sets of a probe and three others, the match second; label 4 is in both."""
    labels = [4, 4, 1, 2, 3, 3, 4, 5]
    figure = make_batch_figure(make_batch([(90, 90, 90)] * 8), labels, "imagenet", group_size=4)
    for panel in figure.axes:
        frames = [(to_hex(f.get_edgecolor()), f.get_x() < CELL_WIDTH) for f in panel.patches]
        assert frames == [(INK, True), (GREEN, False)]


def test_a_mutual_set_is_drawn_identity_by_identity():
    """Probes 4, 7 and 2, then their matches in the same order: three rows of two."""
    colors = [(10 * i, 90, 0) for i in range(6)]
    figure = make_batch_figure(make_batch(colors), [4, 7, 2, 4, 7, 2], "imagenet", 6)
    expected = [[colors[i], colors[i + 3]] for i in range(3)]
    assert [list_pictures(panel) for panel in figure.axes] == expected
    assert not any(panel.patches for panel in figure.axes)


def test_captions_say_what_a_group_is():
    pictures = make_batch([(9, 9, 9)] * 4)
    words = [
        list_captions(make_batch_figure(pictures, labels, "imagenet", group_size=2))
        for labels in ([7, 7, 3, 3], [7, 3, 3, 7])
    ]
    assert words == [["label 7", "label 3"], ["set 1", "set 2"]]


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
