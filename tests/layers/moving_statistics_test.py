"""What batch norms share: checked constants, float32 vectors, averages that move."""

import numpy as np
import pytest
import tensorflow as tf

from tfreid.layers.moving_statistics import MovingStatistics


def make(dtype=None, **constants):
    layer = MovingStatistics(**{"epsilon": 1e-3, "momentum": 0.75, **constants}, dtype=dtype)
    layer.add_vectors((None, 5, 3, 2), tf.keras.initializers.Constant(4.0))
    return layer


@pytest.mark.parametrize("constants", [{"epsilon": -1e-9}, {"momentum": 1.1}, {"momentum": -0.1}])
def test_constants_out_of_range_are_refused(constants):
    with pytest.raises(ValueError, match="at least 0 and momentum between 0 and 1"):
        make(**constants)


def test_channels_must_be_known():
    with pytest.raises(ValueError, match="must be known"):
        MovingStatistics(1e-3, 0.9).add_vectors((None, 4, None))


def test_vectors_are_float32_whatever_the_policy():
    layer = make("mixed_float16")
    assert [(v.name[:-2], v.trainable, v.dtype, v.shape) for v in layer.weights] == [
        ("gamma", True, tf.float32, [2]),
        ("beta", True, tf.float32, [2]),
        ("moving_mean", False, tf.float32, [2]),
        ("moving_variance", False, tf.float32, [2]),
    ]
    values = [v.numpy().tolist() for v in layer.weights]
    assert values == [[4.0, 4.0], [0.0, 0.0], [0.0, 0.0], [1.0, 1.0]]


def test_averages_keep_the_momentums_share_of_the_old_value():
    layer = make()
    layer.remember(tf.constant([4.0, -8.0]), tf.constant([5.0, 1.0]))
    layer.remember(tf.constant([0.0, 0.0]), tf.constant([2.0, 3.0]))
    mean, variance = layer.recall()
    np.testing.assert_allclose(mean, [0.75, -1.5])
    np.testing.assert_allclose(variance, [2.0, 1.5])
