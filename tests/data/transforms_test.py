"""Image operations, against Pillow and plain numpy, eagerly and inside tf.data."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfreid.data import transforms
from tfreid.options import AugmentOptions

HEIGHT, WIDTH = 20, 12


@pytest.fixture
def pixels(rng):
    return rng.integers(0, 256, (HEIGHT, WIDTH, 4), dtype=np.uint8)


def _encode(image, form, **settings):
    buffer = io.BytesIO()
    image.save(buffer, form, **settings)
    return buffer.getvalue()


def _map(function, *inputs):
    """Returns what a function makes of one element inside tf.data."""
    return next(iter(tf.data.Dataset.from_tensors(inputs).map(function)))


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_has_the_pixels_that_pillow_gives(pixels, mode, progressive):
    contents = _encode(
        Image.fromarray(pixels[..., :3]).convert(mode), "JPEG", progressive=progressive
    )
    expected = np.asarray(Image.open(io.BytesIO(contents)).convert("RGB"))
    decoded = transforms.decode_image(contents)
    assert decoded.dtype == tf.uint8
    np.testing.assert_array_equal(decoded, expected)
    np.testing.assert_array_equal(_map(transforms.decode_image, contents), expected)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "1", "P"])
def test_every_png_becomes_rgb(pixels, mode):
    image = Image.fromarray(pixels if "A" in mode else pixels[..., :3]).convert(mode)
    expected = np.asarray(image.convert("RGB"))
    np.testing.assert_array_equal(transforms.decode_image(_encode(image, "PNG")), expected)


def test_a_png_of_16_bits_keeps_the_upper_8(pixels):
    deep = pixels[..., 0].astype(np.uint16) * 256 + 17
    decoded = transforms.decode_image(_encode(Image.fromarray(deep), "PNG"))
    np.testing.assert_array_equal(decoded, np.repeat(pixels[..., :1], 3, axis=2))


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
@pytest.mark.parametrize("missing", [1, 2, 40])
def test_a_truncated_file_is_refused(pixels, form, missing):
    contents = _encode(Image.fromarray(pixels[..., :3]), form)
    with pytest.raises(tf.errors.InvalidArgumentError):
        transforms.decode_image(contents[:-missing])


@pytest.mark.parametrize("size", [(7, 31), (30, 5), (48, 36), (9, 6)])
def test_resizing_is_pillows_bilinear_up_to_rounding(pixels, size):
    """Pillow rounds after each axis, TF once at the end: they differ by 1 at most."""
    height, width = size
    resized = transforms.resize_image(pixels[..., :3], height, width)
    image = Image.fromarray(pixels[..., :3])
    expected = np.asarray(image.resize((width, height), Image.Resampling.BILINEAR))
    assert resized.shape == (height, width, 3) and resized.dtype == tf.uint8
    difference = np.abs(resized.numpy().astype(int) - expected)
    assert difference.max() <= 1
    assert difference.mean() < 0.35


def test_shrinking_averages_what_falls_together():
    """Stripes of one pixel, black and white, shrunk 8 times: gray, not black or white."""
    stripes = np.zeros((64, 32, 3), np.uint8)
    stripes[::2] = 255
    shrunk = transforms.resize_image(stripes, 8, 4).numpy()
    assert shrunk.min() >= 120 and shrunk.max() <= 135


def test_reading_is_decoding_and_resizing(pixels, tmp_path):
    path = str(tmp_path / "one.png")
    Image.fromarray(pixels[..., :3]).save(path)
    expected = transforms.resize_image(pixels[..., :3], 8, 6)
    np.testing.assert_array_equal(transforms.read_image(path, 8, 6), expected)


def test_normalizing_is_torchvisions(pixels):
    """(x / 255 - mean) / std, with the numbers of torchvision's documentation."""
    image = pixels[..., :3]
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    expected = (image / 255.0 - mean) / std
    np.testing.assert_allclose(transforms.normalize_image(image), expected, atol=1e-5)
    batch = np.stack([image, image[::-1]])
    normalized = transforms.normalize_image(batch)
    np.testing.assert_allclose(normalized[1], expected[::-1], atol=1e-5)
    assert normalized.dtype == tf.float32


def test_normalizing_accepts_unknown_sizes(pixels):
    function = tf.function(
        transforms.normalize_image, input_signature=[tf.TensorSpec([None, None, None, 3], tf.uint8)]
    )
    batch = pixels[None, ..., :3]
    np.testing.assert_allclose(function(batch), transforms.normalize_image(batch), atol=1e-6)


def _draw(operation, count=400):
    seeds = tf.constant(np.random.default_rng(1).integers(0, 2**31, (count, 2)), tf.int32)
    return np.stack(list(tf.data.Dataset.from_tensor_slices(seeds).map(operation)))


@pytest.mark.parametrize("probability", [0.0, 0.5, 1.0])
def test_flipping_mirrors_columns_as_often_as_asked(pixels, probability):
    """400 draws at 0.5 have a deviation of 10: 150 to 250 is five of them."""
    image = tf.constant(pixels[..., :3])
    results = _draw(lambda seed: transforms.flip_image(image, seed, probability))
    flipped = (results == pixels[:, ::-1, :3]).all(axis=(1, 2, 3))
    kept = (results == pixels[..., :3]).all(axis=(1, 2, 3))
    assert (flipped ^ kept).all()
    expected = {0.0: (0, 0), 0.5: (150, 250), 1.0: (400, 400)}[probability]
    assert expected[0] <= flipped.sum() <= expected[1]


def test_a_cutout_lies_inside_and_everywhere():
    """6 x 5 of 20 x 12: 15 tops and 8 lefts, each reached in 400 draws; all else untouched."""
    image = tf.ones([HEIGHT, WIDTH, 3])
    results = _draw(lambda seed: transforms.cut_out(image, seed, 1.0, 6, 5))
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
    results = _draw(lambda seed: transforms.cut_out(image, seed, probability, 6, 5))
    assert least <= (results == 0).any(axis=(1, 2, 3)).sum() <= most


def test_a_cutout_as_large_as_the_image_leaves_nothing():
    image = tf.ones([HEIGHT, WIDTH, 3])
    assert not transforms.cut_out(image, [1, 2], 1.0, HEIGHT, WIDTH).numpy().any()


def test_augmenting_is_flip_then_normalize_then_cutout(pixels):
    """The hole is 0 after normalization: the mean color, not black."""
    image = tf.constant(pixels[..., :3])
    augment = AugmentOptions(
        flip_probability=1.0, cutout_probability=1.0, cutout_height=6, cutout_width=5
    )
    seeds = tf.constant([[1, 2], [3, 4]])
    result = transforms.augment_image(image, seeds, augment).numpy()
    whole = transforms.normalize_image(image[:, ::-1]).numpy()
    hole = (result == 0).all(axis=2)
    assert hole.sum() == 30
    np.testing.assert_array_equal(result[~hole], whole[~hole])
    mapped = _map(lambda i, s: transforms.augment_image(i, s, augment), image, seeds)
    np.testing.assert_array_equal(mapped, result)


def test_flip_and_cutout_are_independent():
    """If one seed served both, a flipped image would always, or never, have its cutout."""
    image = tf.constant(np.arange(HEIGHT * WIDTH * 3).reshape(HEIGHT, WIDTH, 3) % 251, tf.uint8)
    augment = AugmentOptions(cutout_height=6, cutout_width=5)
    seeds = tf.constant(np.random.default_rng(1).integers(0, 2**31, (200, 2, 2)), tf.int32)
    dataset = tf.data.Dataset.from_tensor_slices(seeds)
    results = np.stack(list(dataset.map(lambda s: transforms.augment_image(image, s, augment))))
    cut = (results == 0).all(axis=3).any(axis=(1, 2))
    upright = transforms.normalize_image(image).numpy()
    flipped = (results == upright).mean(axis=(1, 2, 3)) < 0.5
    counts = np.array([[np.sum((cut == c) & (flipped == f)) for c in (0, 1)] for f in (0, 1)])
    assert counts.min() > 25
