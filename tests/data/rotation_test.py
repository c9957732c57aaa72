"""Our own rotation: where every pixel goes, and the same bits as tensorflow-addons'."""

import math
import warnings

import numpy as np
import pytest
import tensorflow as tf

from tfreid.data.rotation import rotate


def test_a_quarter_turn_is_counterclockwise_and_moves_whole_pixels(rng):
    """A square's center stays, and sin and cos are 0 and 1: every pixel falls upon another one."""
    image = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
    np.testing.assert_array_equal(rotate(image, math.pi / 2), np.rot90(image))


def test_outside_is_what_the_fill_mode_says():
    """1 x 3 turned by 90 degrees keeps its center; the other two are read above and below it."""
    image = tf.constant([[[1.0], [2.0], [3.0]]])
    assert rotate(image, math.pi / 2).numpy().ravel().tolist() == [0, 2, 0]
    reflected = rotate(image, math.pi / 2, fill_mode="reflect")
    assert reflected.numpy().ravel().tolist() == [2, 2, 2]


def test_every_image_of_a_batch_has_its_own_angle(rng):
    images, angles = rng.uniform(size=(3, 7, 5, 2)).astype(np.float32), [0.1, -0.4, 2.0]
    together = rotate(images, angles, "bilinear", "reflect")
    for image, angle, turned in zip(images, angles, together):
        np.testing.assert_array_equal(turned, rotate(image, angle, "bilinear", "reflect"))


@pytest.mark.parametrize("fill_mode", ["constant", "reflect", "wrap", "nearest"])
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_it_is_tensorflow_addons_to_the_last_bit(rng, interpolation, fill_mode):
    """As a function and inside tf.data, where TensorFlow rounds the same arithmetic otherwise."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        addons = pytest.importorskip("tensorflow_addons.image", reason="not on this stack")

    def turn_all(rotate, image, angles):
        turn = [lambda angle: rotate(image, angle, interpolation, fill_mode)]
        mapped = tf.data.Dataset.from_tensor_slices(angles).map(*turn)
        return np.stack([*map(*turn, angles), *mapped])

    for dtype, size in ((np.uint8, (128, 48)), (np.float32, (384, 128)), (np.float32, (7, 10))):
        image = tf.constant((rng.uniform(size=(*size, 3)) * 255).astype(dtype))
        angles = rng.uniform(-math.pi, math.pi, 6).astype(np.float32)
        expected = turn_all(addons.rotate, image, angles)
        np.testing.assert_array_equal(turn_all(rotate, image, angles), expected)
