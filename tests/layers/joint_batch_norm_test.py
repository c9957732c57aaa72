"""Batch norm of several tensors as one batch."""

import numpy as np
import pytest
import tensorflow as tf

from tfreid.layers.joint_batch_norm import JointBatchNorm


def make_layer(shape, **arguments):
    """A layer whose variables all are random."""
    layer = JointBatchNorm(**arguments)
    layer.build(shape)
    rng = np.random.default_rng(1)
    for variable in layer.variables:
        variable.assign(rng.uniform(0.5, 1.0, variable.shape))
    return layer


def test_one_tensor_is_normalized_as_keras_does(rng):
    x = rng.normal(2.0, 3.0, size=(4, 5, 3, 6)).astype(np.float32)
    layer = make_layer(x.shape, momentum=0.8, epsilon=1e-2)
    keras = tf.keras.layers.BatchNormalization(momentum=0.8, epsilon=1e-2, fused=False)
    keras.build(x.shape)
    keras.set_weights(layer.get_weights())
    for training in (False, True, False):  # the last one with the averages moved
        np.testing.assert_allclose(
            layer(x, training=training), keras(x, training=training), rtol=1e-4, atol=1e-5
        )


def test_two_sides_are_the_batch_of_all_pairs(rng):
    """A query in 5 pairs is one row here; written out, its row stands there 5 times."""
    own = rng.normal(1.0, 1.0, size=(2, 3, 4)).astype(np.float32)
    other = rng.normal(-1.0, 2.0, size=(2, 5, 3, 4)).astype(np.float32)
    layer = make_layer([own.shape, other.shape])
    listed = np.concatenate([np.repeat(own[:, None], 5, axis=1), other])
    mean, variance = listed.mean((0, 1, 2)), listed.var((0, 1, 2))
    scale = layer.gamma.numpy() / np.sqrt(variance + 1e-3)
    outputs = layer((own, other), training=True)
    for output, side in zip(outputs, (own, other)):
        expected = (side - mean) * scale + layer.beta.numpy()
        np.testing.assert_allclose(output, expected, rtol=1e-4, atol=1e-5)


def test_training_moves_the_averages_and_inference_uses_them(rng):
    """Momentum 0.75: a quarter of the way from 0 and 1 to the batch's mean and variance."""
    x = rng.normal(2.0, 3.0, size=(50, 4)).astype(np.float32)
    layer = JointBatchNorm(0.75)
    layer(x, training=True)
    np.testing.assert_allclose(layer.moving_mean, 0.25 * x.mean(0), rtol=1e-4)
    np.testing.assert_allclose(layer.moving_variance, 0.75 + 0.25 * x.var(0), rtol=1e-4)
    scale, shift = layer.fold()
    np.testing.assert_allclose(layer(x), x * scale + shift, rtol=1e-5)
    before = layer.get_weights()
    layer(x)
    for old, new in zip(before, layer.get_weights()):
        np.testing.assert_array_equal(old, new)


def test_a_frozen_layer_does_not_move(rng):
    x = rng.normal(2.0, 3.0, size=(50, 4)).astype(np.float32)
    layer = JointBatchNorm(0.75, trainable=False)
    np.testing.assert_allclose(layer(x, training=True), x / np.sqrt(1.001), rtol=1e-5)
    np.testing.assert_array_equal(layer.moving_mean, np.zeros(4))


@pytest.mark.parametrize("synchronized", [True, False])
def test_replicas_share_statistics_only_if_told(rng, make_replicas, synchronized):
    own = rng.normal(size=(2, 3, 4)).astype(np.float32)
    other = rng.normal(1.0, 2.0, size=(2, 6, 4)).astype(np.float32)
    strategy = make_replicas(2)
    with strategy.scope():
        layer = JointBatchNorm(0.5, synchronized=synchronized)
        layer.build([own.shape, other.shape])
    halves = strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant(context.replica_id_in_sync_group)
    )

    def run(index):
        sides = tuple(tf.gather(side, index[tf.newaxis]) for side in (own, other))
        return layer(sides, training=True)[1]

    outputs = strategy.experimental_local_results(
        tf.function(lambda index: strategy.run(run, (index,)))(halves)
    )
    alone = JointBatchNorm(0.5)
    expected = alone((own, other), training=True)[1].numpy()
    for index, output in enumerate(outputs):
        equal = np.allclose(output[0], expected[index], rtol=1e-4, atol=1e-5)
        assert equal == synchronized
    # Averages: those of the global batch either way for the mean, being linear in the batch.
    np.testing.assert_allclose(layer.moving_mean.numpy(), alone.moving_mean, rtol=1e-4, atol=1e-6)


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match=r"epsilon=-1, momentum=0.9997: epsilon must be at least"):
        JointBatchNorm(epsilon=-1)
    for momentum in (-0.1, 1.1):
        with pytest.raises(ValueError, match="momentum between 0 and 1"):
            JointBatchNorm(momentum)
    with pytest.raises(ValueError, match="the channels of the input .* must be known"):
        JointBatchNorm().build([None, None])
