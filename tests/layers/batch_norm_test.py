"""Batch norm has PyTorch's constants, and the synchronized one sees the global batch."""

import numpy as np
import pytest
import tensorflow as tf

from tfreid.layers.batch_norm import SynchronizedBatchNorm, make_batch_norm
from tfreid.training.devices import make_strategy

SHAPE = (8, 5, 3, 4)


def make_input(rng, mean=1.0):
    return rng.normal(mean, 2.0, SHAPE).astype(np.float32)


def normalize(x, epsilon=1e-5):
    """Plain numpy: mean and biased variance over all axes but the last."""
    mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
    return (x - mean) / np.sqrt(variance + epsilon), mean, variance


@pytest.mark.parametrize("synchronized", [False, True])
def test_training_normalizes_and_moves_the_statistics_by_a_tenth(rng, synchronized):
    """PyTorch's momentum 0.1: new = 0.9 * old + 0.1 * batch, from mean 0 and variance 1.

    The moving variance takes the unbiased estimate, n / (n - 1) with n = 8 * 5 * 3 = 120.
    """
    layer, x = make_batch_norm("norm", synchronized), make_input(rng)
    expected, mean, variance = normalize(x)
    np.testing.assert_allclose(layer(x, training=True), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(layer.moving_mean, 0.1 * mean, rtol=1e-4, atol=1e-6)
    moved = 0.9 + 0.1 * variance * 120 / 119
    np.testing.assert_allclose(layer.moving_variance, moved, rtol=1e-5)


def test_rank_2_is_treated_as_a_map_of_one_position(rng):
    """Six rows: the moving variance takes 6 / 5 of the mean square deviation."""
    x = rng.normal(1.0, 2.0, (6, 4)).astype(np.float32)
    layer = make_batch_norm("norm", synchronized=True)
    of_maps = [make_batch_norm("norm", synchronized) for synchronized in (False, True)]
    y = layer(x, training=True)
    np.testing.assert_allclose(layer.moving_variance, 0.9 + 0.1 * x.var(0) * 6 / 5, rtol=1e-5)
    for other in of_maps:
        same = other(x[:, None, None], training=True)[:, 0, 0]
        np.testing.assert_allclose(y, same, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(layer.moving_mean, other.moving_mean, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(layer.moving_variance, other.moving_variance, rtol=1e-4)


@pytest.mark.parametrize("synchronized", [False, True])
def test_inference_uses_the_moving_statistics(rng, synchronized):
    layer, x = make_batch_norm("norm", synchronized), make_input(rng)
    layer.build(SHAPE)
    mean, variance = np.float32([1, 2, 3, 4]), np.float32([4, 0.25, 1, 9])
    layer.moving_mean.assign(mean)
    layer.moving_variance.assign(variance)
    layer.gamma.assign([1, 2, 3, 4])
    layer.beta.assign([0, 1, 0, -1])
    expected = (x - mean) / np.sqrt(variance + 1e-5) * [1, 2, 3, 4] + [0, 1, 0, -1]
    np.testing.assert_allclose(layer(x, training=False), expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(layer(x), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("synchronized", [False, True])
def test_gamma_starts_as_asked(rng, synchronized):
    layer = make_batch_norm("norm", synchronized, gamma_initializer="zeros")
    assert np.all(layer(make_input(rng), training=True).numpy() == 0)


def test_synchronized_gradients_equal_those_of_keras(rng):
    x, weight = make_input(rng), rng.normal(size=SHAPE).astype(np.float32)
    gradients = []
    for synchronized in (False, True):
        layer, variable = make_batch_norm("norm", synchronized), tf.Variable(x)
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer(variable, training=True) * weight)
        gradients.append(tape.gradient(loss, [variable, layer.gamma, layer.beta]))
    for one, other in zip(*gradients):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)


def test_replicas_share_statistics_only_when_synchronized(rng):
    """Two replicas with half of the batch each: synchronized, they do what one does with all."""
    x = make_input(rng) + np.arange(8, dtype=np.float32)[:, None, None, None]
    expected, mean, variance = normalize(x)
    strategy = make_strategy("cpus:2")
    for synchronized in (False, True):
        with strategy.scope():
            layer = make_batch_norm("norm", synchronized)
        results = run_replicas(strategy, layer, x)
        same = np.allclose(np.concatenate(results), expected, rtol=1e-3, atol=1e-4)
        assert same == synchronized
    np.testing.assert_allclose(layer.moving_mean.read_value(), 0.1 * mean, rtol=1e-4)
    moved = 0.9 + 0.1 * variance * 120 / 119
    np.testing.assert_allclose(layer.moving_variance.read_value(), moved, rtol=1e-4)


def run_replicas(strategy, layer, x):
    """Returns each replica's output in training, the batch being split between the two."""
    halves = np.split(x, 2)
    inputs = strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant(halves[context.replica_id_in_sync_group])
    )
    step = tf.function(lambda part: layer(part, training=True))
    outputs = strategy.run(step, (inputs,))
    return [output.numpy() for output in strategy.experimental_local_results(outputs)]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_synchronized_statistics_are_float32_under_low_precision(rng, dtype):
    """Mean 100 and deviation 0.25: a difference of sums would lose the variance in 16 bits."""
    layer = make_batch_norm("norm", synchronized=True, dtype=f"mixed_{dtype}")
    x = tf.cast(100 + 0.25 * rng.normal(size=(64, 9, 7, 2)), dtype)
    expected, _, variance = normalize(x.numpy().astype(np.float32))
    y = layer(x, training=True)
    assert y.dtype == dtype
    np.testing.assert_allclose(y.numpy().astype(np.float32), expected, rtol=0.02, atol=0.02)
    moved = 0.9 + 0.1 * variance * (64 * 63) / (64 * 63 - 1)
    np.testing.assert_allclose(layer.moving_variance, moved, rtol=1e-4)


def test_a_frozen_synchronized_layer_keeps_its_statistics(rng):
    layer, x = make_batch_norm("norm", synchronized=True), make_input(rng)
    layer.trainable = False
    np.testing.assert_allclose(layer(x, training=True), x / np.sqrt(1 + 1e-5), rtol=1e-6)
    assert np.all(layer.moving_mean.numpy() == 0)


def test_training_may_be_a_tensor(rng):
    layer, x = make_batch_norm("norm", synchronized=True), make_input(rng)
    step = tf.function(lambda training: layer(x, training=training))
    np.testing.assert_allclose(step(tf.constant(False)), x / np.sqrt(1 + 1e-5), rtol=1e-6)
    np.testing.assert_allclose(step(tf.constant(True)), normalize(x)[0], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("arguments", [{"epsilon": -1e-5}, {"momentum": 1.5}])
def test_constants_out_of_range_are_refused(arguments):
    with pytest.raises(ValueError, match="epsilon must be at least 0 and momentum between 0 and 1"):
        SynchronizedBatchNorm(**arguments)


def test_unknown_channels_are_refused():
    with pytest.raises(ValueError, match="norm: the channels of the input .* must be known"):
        make_batch_norm("norm", synchronized=True).build((None, None))
