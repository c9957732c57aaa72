"""Random changes of training images: where, how often, and on what they depend."""

import collections
import dataclasses
import math
import warnings

import numpy as np
import pytest
import tensorflow as tf

from tfreid.data import augmentation
from tfreid.data.transforms import normalize_image
from tfreid.options import AugmentOptions

HEIGHT, WIDTH = 20, 12


@pytest.fixture
def pixels(rng):
    return rng.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)


def _map(function, *inputs):
    """Returns what a function makes of one element inside tf.data."""
    return next(iter(tf.data.Dataset.from_tensors(inputs).map(function)))


def _draw(operation, count=400):
    seeds = tf.constant(np.random.default_rng(1).integers(0, 2**31, (count, 2)), tf.int32)
    return np.stack(list(tf.data.Dataset.from_tensor_slices(seeds).map(operation)))


@pytest.mark.parametrize("probability", [0.0, 0.5, 1.0])
def test_flipping_mirrors_columns_as_often_as_asked(pixels, probability):
    """400 draws at 0.5 have a deviation of 10: 150 to 250 is five of them."""
    image = tf.constant(pixels)
    results = _draw(lambda seed: augmentation.flip_image(image, seed, probability))
    flipped = (results == pixels[:, ::-1]).all(axis=(1, 2, 3))
    kept = (results == pixels).all(axis=(1, 2, 3))
    assert (flipped ^ kept).all()
    expected = {0.0: (0, 0), 0.5: (150, 250), 1.0: (400, 400)}[probability]
    assert expected[0] <= flipped.sum() <= expected[1]


def test_a_cutout_lies_inside_and_everywhere():
    """6 x 5 of 20 x 12: 15 tops and 8 lefts, each reached in 400 draws; all else untouched."""
    image = tf.ones([HEIGHT, WIDTH, 3])
    results = _draw(lambda seed: augmentation.cut_out(image, seed, 1.0, 6, 5))
    assert (results == results[..., :1]).all()
    tops, lefts = set(), set()
    for hole in results[..., 0] == 0:
        rows, columns = np.flatnonzero(hole.any(1)), np.flatnonzero(hole.any(0))
        assert len(rows) == 6 and len(columns) == 5 and hole.sum() == 30
        tops.add(rows[0])
        lefts.add(columns[0])
    assert tops == set(range(15)) and lefts == set(range(8))


@pytest.mark.parametrize(("probability", "least", "most"), [(0, 0, 0), (0.3, 75, 165)])
def test_cutouts_come_as_often_as_asked(probability, least, most):
    image = tf.ones([HEIGHT, WIDTH, 3])
    results = _draw(lambda seed: augmentation.cut_out(image, seed, probability, 6, 5))
    assert least <= (results == 0).any(axis=(1, 2, 3)).sum() <= most


def test_a_cutout_as_large_as_the_image_leaves_nothing():
    image = tf.ones([HEIGHT, WIDTH, 3])
    assert not augmentation.cut_out(image, [1, 2], 1.0, HEIGHT, WIDTH).numpy().any()


def test_augmenting_is_flip_then_normalize_then_cutout(pixels):
    """The hole is 0 after normalization: the mean color, not black."""
    image = tf.constant(pixels)
    augment = AugmentOptions(
        flip_probability=1.0, cutout_probability=1.0, cutout_height=6, cutout_width=5
    )
    seeds = tf.constant([[1, 2], [3, 4], [5, 6], [7, 8]])
    result = augmentation.augment_image(image, seeds, augment, "imagenet").numpy()
    whole = normalize_image(image[:, ::-1], "imagenet").numpy()
    hole = (result == 0).all(axis=2)
    assert hole.sum() == 30
    np.testing.assert_array_equal(result[~hole], whole[~hole])
    mapped = _map(lambda i, s: augmentation.augment_image(i, s, augment, "imagenet"), image, seeds)
    np.testing.assert_array_equal(mapped, result)


def test_flip_and_cutout_are_independent():
    """If one seed served both, a flipped image would always, or never, have its cutout."""
    image = tf.constant(np.arange(HEIGHT * WIDTH * 3).reshape(HEIGHT, WIDTH, 3) % 251, tf.uint8)
    augment = AugmentOptions(cutout_height=6, cutout_width=5)
    seeds = tf.constant(np.random.default_rng(1).integers(0, 2**31, (200, 4, 2)), tf.int32)
    dataset = tf.data.Dataset.from_tensor_slices(seeds)
    results = np.stack(
        list(dataset.map(lambda s: augmentation.augment_image(image, s, augment, "imagenet")))
    )
    cut = (results == 0).all(axis=3).any(axis=(1, 2))
    upright = normalize_image(image, "imagenet").numpy()
    flipped = (results == upright).mean(axis=(1, 2, 3)) < 0.5
    counts = np.array([[np.sum((cut == c) & (flipped == f)) for c in (0, 1)] for f in (0, 1)])
    assert counts.min() > 25


def test_rotations_are_uniform_up_to_the_largest_angle():
    """A bright point to the right of the center says the angle: up is positive."""
    image = np.zeros([41, 61, 1], np.float32)
    image[18:23, 50:55] = 1
    results = _draw(lambda seed: augmentation.rotate_image(tf.constant(image), seed, 30.0))
    rows, columns = np.mgrid[:41, :61]
    weights = results[..., 0] * (np.hypot(rows - 20, columns - 30) < 25)  # without reflections
    total = weights.sum(axis=(1, 2))
    down, right = (weights * (rows - 20)).sum((1, 2)), (weights * (columns - 30)).sum((1, 2))
    angles = np.degrees(np.arctan2(-down / total, right / total))
    assert np.abs(angles).max() < 31
    counts = np.histogram(angles, bins=4, range=(-30, 30))[0]
    assert ((counts - 100) ** 2 / 100).sum() < 21.1  # chi-square, 3 degrees of freedom, 99.99 %


def test_a_rotation_reflects_at_the_border_and_leaves_constant_images_alone():
    image = tf.fill([HEIGHT, WIDTH, 3], tf.constant(90, tf.uint8))
    turned = augmentation.rotate_image(image, [3, 4], 45.0)
    np.testing.assert_allclose(turned, np.full([HEIGHT, WIDTH, 3], 90.0), atol=1e-3)


def test_a_crop_moves_an_image_anywhere_within_its_padding(pixels):
    """Padding 2: 25 places, 16 of 400 draws each; what comes in from outside is black."""
    padded = np.pad(pixels, [(2, 2), (2, 2), (0, 0)])
    views = {
        padded[y : y + HEIGHT, x : x + WIDTH].tobytes(): (y, x) for y in range(5) for x in range(5)
    }
    results = _draw(lambda seed: augmentation.pad_and_crop(tf.constant(pixels), seed, 2))
    counts = collections.Counter(views[result.tobytes()] for result in results)
    assert len(counts) == 25 and max(counts.values()) < 36


def test_cropping_changes_no_other_draw(pixels):
    """Its seed is of the flip's stream: without padding all is as if there were no cropping."""
    seeds = tf.constant([[1, 2], [3, 4], [5, 6], [7, 8]])
    plain = AugmentOptions(cutout_height=6, cutout_width=5, cutout_probability=1.0)
    holes = []
    for augment in (plain, dataclasses.replace(plain, crop_padding=3)):
        result = augmentation.augment_image(tf.constant(pixels), seeds, augment, "imagenet")
        holes.append((result.numpy() == 0).all(axis=2))
    np.testing.assert_array_equal(*holes)


def _find_holes(results):
    """Returns [(height, width)] of the rectangles of ones; asserts that they are rectangles."""
    sizes = []
    for hole in results[..., 0] == 1:
        rows, columns = np.flatnonzero(hole.any(1)), np.flatnonzero(hole.any(0))
        assert hole.sum() == len(rows) * len(columns)
        sizes.append((len(rows), len(columns)))
    return np.array(sizes)


def _erase_to_ones(image, seed, augment):
    return augmentation.erase_randomly(image, seed, augment, lambda: tf.ones_like(image))


def test_random_erasing_keeps_to_its_areas_and_ratios():
    image = tf.zeros([60, 40, 3])
    augment = AugmentOptions(erasing_probability=1.0)
    holes = _find_holes(_draw(lambda seed: _erase_to_ones(image, seed, augment)))
    areas, ratios = holes.prod(axis=1) / 2400, holes[:, 0] / holes[:, 1]
    assert 0.015 < areas.min() < 0.03 and 0.3 < areas.max() < 0.42  # sides are whole pixels
    assert 0.25 < ratios.min() < 0.6 and 2.5 < ratios.max() < 3.8
    assert (holes < [60, 40]).all()


def test_random_erasing_comes_as_often_as_asked():
    """400 draws at 0.5 have a deviation of 10."""
    image = tf.zeros([60, 40, 3])
    augment = AugmentOptions(erasing_probability=0.5)
    results = _draw(lambda seed: _erase_to_ones(image, seed, augment))
    assert 150 <= results.any(axis=(1, 2, 3)).sum() <= 250


def test_an_erased_rectangle_shows_noise_of_the_network_range(pixels):
    """All else of the image is as it was."""
    augment = AugmentOptions(
        flip_probability=0.0,
        cutout_probability=0.0,
        erasing_probability=1.0,
        erasing_area_min=0.3,
        erasing_area_max=0.4,
    )
    seeds = tf.constant([[1, 2], [3, 4], [5, 6], [7, 8]])
    result = augmentation.augment_image(tf.constant(pixels), seeds, augment, "inception").numpy()
    whole = normalize_image(pixels, "inception").numpy()
    erased = (result != whole).any(axis=2)
    assert 0.25 < erased.mean() < 0.45
    assert result.min() >= -1 and result.max() <= 1
    assert result[erased].std() > 0.4  # uniform noise: 0.577


def test_each_random_change_has_a_seed_of_its_own(pixels):
    """Another seed of one change alters nothing but that change."""
    augment = AugmentOptions(
        flip_probability=0.5, cutout_probability=0.0, rotation_degrees=20.0, erasing_probability=0.0
    )
    seeds = np.array([[1, 2], [3, 4], [5, 6], [7, 8]], np.int32)

    def run(changed):
        other = seeds.copy()
        if changed is not None:
            other[changed] += 100
        return augmentation.augment_image(tf.constant(pixels), other, augment, "imagenet").numpy()

    np.testing.assert_array_equal(run(3), run(None))
    np.testing.assert_array_equal(run(1), run(None))
    assert (run(2) != run(None)).any()


def test_a_crop_begins_at_every_place_of_the_padding():
    """Padding 1: the middle of 5 x 5 pixels comes to rows and columns 1, 2 and 3."""
    image = tf.scatter_nd([[2, 2, 0]], [1.0], [5, 5, 3])
    places = [np.argwhere(augmentation.pad_and_crop(image, [n, 0], 1))[0] for n in range(40)]
    assert [set(column) for column in np.transpose(places)[:2].tolist()] == [{1, 2, 3}] * 2


def test_a_quarter_turn_is_counterclockwise_and_moves_whole_pixels(rng):
    """A square's center stays, and sin and cos are 0 and 1: every pixel falls upon another one."""
    image = rng.uniform(size=(8, 8, 3)).astype(np.float32)
    np.testing.assert_allclose(augmentation.turn(image, math.pi / 2), np.rot90(image), atol=1e-5)


def test_turning_is_tensorflow_addons_to_the_last_bit(rng):
    """As a function and inside tf.data, where TensorFlow rounds the same arithmetic otherwise."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        addons = pytest.importorskip("tensorflow_addons.image", reason="not on this stack")

    def turn_all(turn, image, angles):
        mapped = tf.data.Dataset.from_tensor_slices(angles).map(lambda angle: turn(image, angle))
        return np.stack([*(turn(image, angle) for angle in angles), *mapped])

    def rotate(image, angle):
        return addons.rotate(image, angle, "bilinear", "reflect")

    for size in ((384, 128), (7, 10)):
        image = tf.constant(rng.uniform(size=(*size, 3)).astype(np.float32))
        angles = rng.uniform(-math.pi, math.pi, 6).astype(np.float32)
        expected = turn_all(rotate, image, angles)
        np.testing.assert_array_equal(turn_all(augmentation.turn, image, angles), expected)
