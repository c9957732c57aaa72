"""Image operations, against Pillow and plain numpy, eagerly and inside tf.data."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfreid.data import transforms

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


@pytest.mark.parametrize("size", [(7, 31), (30, 5), (48, 36), (9, 6), (384, 128)])
def test_resizing_is_tensorflows_to_the_bit(pixels, size):
    image = pixels[..., :3]
    expected = tf.round(tf.image.resize(image, size, method="bilinear", antialias=True))
    resize = tf.function(lambda image: transforms.resize_image(image, *size))
    np.testing.assert_array_equal(resize(image), expected)
    assert resize.get_concrete_function(tf.TensorSpec([None, None, 3], tf.uint8)).output_shapes == [
        *size,
        3,
    ]


def test_white_stays_white():
    """Weights that sum up to a little more than 1 must not turn 255 into 0."""
    white = np.full((37, 23, 3), 255, np.uint8)
    for size in [(384, 128), (11, 7), (100, 200)]:
        assert (transforms.resize_image(white, *size).numpy() == 255).all()


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
    np.testing.assert_allclose(transforms.normalize_image(image, "imagenet"), expected, atol=1e-5)
    batch = np.stack([image, image[::-1]])
    normalized = transforms.normalize_image(batch, "imagenet")
    np.testing.assert_allclose(normalized[1], expected[::-1], atol=1e-5)
    assert normalized.dtype == tf.float32


def test_normalizing_accepts_unknown_sizes(pixels):
    function = tf.function(
        lambda batch: transforms.normalize_image(batch, "imagenet"),
        input_signature=[tf.TensorSpec([None, None, None, 3], tf.uint8)],
    )
    batch = pixels[None, ..., :3]
    np.testing.assert_allclose(
        function(batch), transforms.normalize_image(batch, "imagenet"), atol=1e-6
    )


def test_inceptions_pixels_lie_between_minus_one_and_one():
    image = np.array([[[0, 51, 255], [102, 153, 204]]], np.uint8)
    expected = [[[-1.0, -0.6, 1.0], [-0.2, 0.2, 0.6]]]
    normalized = transforms.normalize_image(image, "inception")
    np.testing.assert_allclose(normalized, expected, atol=1e-6)
