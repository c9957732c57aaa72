"""Decoding inside the graph: like evaluation's, and no image harms another one."""

import numpy as np
import pytest
import tensorflow as tf

from tests.image_files import encode, list_bad, list_good, make_picture
from tfreid.data import transforms
from tfreid.serving.decoding import decode_batch, hide_invalid, resize_batch

SIZE = (24, 10)
GOOD, BAD = list_good(), list_bad()


@pytest.fixture(scope="module")
def decode():
    signature = [tf.TensorSpec([None], tf.string)]
    return tf.function(lambda contents: decode_batch(contents, *SIZE), signature)


def test_odd_images_become_the_pixels_that_evaluation_sees(decode):
    pixels, valid = decode(tf.constant(list(GOOD.values())))
    assert pixels.dtype == tf.uint8 and valid.numpy().all()
    for name, content, found in zip(GOOD, GOOD.values(), pixels.numpy()):
        wanted = transforms.resize_image(transforms.decode_image(content), *SIZE)
        np.testing.assert_array_equal(found, wanted, err_msg=name)


@pytest.mark.parametrize("name", ["a CMYK JPEG", "a 16-bit PNG", "a PNG with a palette"])
def test_odd_colors_look_like_the_picture(decode, name):
    picture = make_picture()
    picture = picture.convert("L").convert("RGB") if "16" in name else picture
    wanted = decode(tf.constant([encode(picture, "PNG")]))[0].numpy().astype(float)
    found = decode(tf.constant([GOOD[name]]))[0].numpy().astype(float)
    assert np.abs(found - wanted).mean() < 8 < np.abs(255 - found - wanted).mean()


@pytest.mark.parametrize("name", BAD)
def test_an_image_that_cannot_be_used_is_marked_and_black(decode, name):
    pixels, valid = decode(tf.constant([BAD[name]]))
    assert valid.numpy().tolist() == [False]
    assert not pixels.numpy().any() and pixels.shape == (1, *SIZE, 3)


def test_bad_images_leave_the_others_of_their_batch_as_they_are(decode):
    good = encode(make_picture(1), "JPEG")
    alone = decode(tf.constant([good]))[0].numpy()[0]
    mixed = [content for bad in BAD.values() for content in (bad, good)]
    pixels, valid = decode(tf.constant(mixed))
    assert valid.numpy().tolist() == [False, True] * len(BAD)
    for found in pixels.numpy()[1::2]:
        np.testing.assert_array_equal(found, alone)


def test_no_images_are_told(decode):
    with pytest.raises(tf.errors.InvalidArgumentError, match="There are no images: send at least"):
        decode(tf.constant([], tf.string))


def test_pixels_of_another_size_are_resized_as_files_are():
    pixels = np.stack([make_picture(seed) for seed in (0, 1)])
    found = resize_batch(tf.constant(pixels), *SIZE).numpy()
    wanted = [transforms.resize_image(image, *SIZE).numpy() for image in pixels]
    np.testing.assert_array_equal(found, wanted)


def test_pixels_of_the_wanted_size_stay_as_they_are():
    pixels = np.random.default_rng(0).integers(0, 256, [2, *SIZE, 3], np.uint8)
    np.testing.assert_array_equal(resize_batch(tf.constant(pixels), *SIZE).numpy(), pixels)


def test_only_rows_of_invalid_images_become_nan():
    values = tf.reshape(tf.range(12.0), [3, 2, 2])
    hidden = hide_invalid(values, tf.constant([True, False, True])).numpy()
    np.testing.assert_array_equal(hidden[[0, 2]], values.numpy()[[0, 2]])
    assert np.isnan(hidden[1]).all()
