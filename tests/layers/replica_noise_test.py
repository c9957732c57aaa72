"""Tests of the noise that layers drop by."""

import numpy as np
import pytest
import tensorflow as tf

from tfreid.layers.dropblock_plus import DropBlockPlus
from tfreid.layers.replica_noise import ReplicaNoise, make_call_counter


def make_noise(seed=3):
    return ReplicaNoise(tf.Variable(0, dtype=tf.int64), seed)


def test_noise_is_uniform_and_differs_from_call_to_call():
    noise = make_noise()
    first, second = noise.draw(50, [20, 7]).numpy(), noise.draw(50, [20, 7]).numpy()
    assert first.shape == (50, 20, 7) and first.dtype == np.float32
    assert first.min() >= 0 and first.max() < 1
    assert first.mean() == pytest.approx(0.5, abs=0.02)  # deviation 0.29 / sqrt(7000) = 0.0035
    assert not np.any(first == second)


def test_noise_is_a_function_of_the_seed_and_of_the_call_alone():
    noise = make_noise()
    drawn = [noise.draw(4, [3]).numpy() for _ in range(3)]
    late = ReplicaNoise(tf.Variable(2, dtype=tf.int64), 3)
    np.testing.assert_array_equal(late.draw(4, [3]), drawn[2])
    assert not np.array_equal(make_noise(seed=4).draw(4, [3]), drawn[0])


def test_two_replicas_draw_the_rows_of_one(make_replicas):
    whole = make_noise().draw(6, [5, 2]).numpy()
    strategy = make_replicas(2)
    with strategy.scope():
        layer = tf.keras.layers.Layer()
        noise = ReplicaNoise(make_call_counter(layer), 3)
    halves = strategy.run(tf.function(lambda: noise.draw(3, [5, 2])))
    parts = [part.numpy() for part in strategy.experimental_local_results(halves)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_shared_noise_is_equal_on_all_replicas_and_counts_as_a_call(make_replicas):
    alone = make_noise()
    expected = [alone.draw_shared([4]).numpy() for _ in range(2)]
    strategy = make_replicas(2)
    with strategy.scope():
        layer = tf.keras.layers.Layer()
        noise = ReplicaNoise(make_call_counter(layer), 3)
    step = tf.function(lambda: noise.draw_shared([4]))
    for values in expected:
        for part in strategy.experimental_local_results(strategy.run(step)):
            np.testing.assert_array_equal(part, values)
    assert int(layer.get_weights()[0]) == 2


def test_noise_is_that_of_stateless_uniform():
    drawn = ReplicaNoise(tf.Variable(6, dtype=tf.int64), 3).draw(4, [3, 5])
    expected = tf.random.stateless_uniform([4, 3, 5], tf.constant([3, 6], tf.int64), alg="philox")
    np.testing.assert_array_equal(drawn, expected)


def test_xla_draws_the_same_noise():
    eager, compiled = make_noise(), make_noise()
    draw = tf.function(lambda: compiled.draw(4, [3, 5]), jit_compile=True)
    for _ in range(2):
        np.testing.assert_array_equal(draw(), eager.draw(4, [3, 5]))


def test_masks_are_the_same_under_xla():
    inputs = tf.ones([3, 9, 6, 2])
    eager, compiled = DropBlockPlus(0.4, 3, 2, seed=5), DropBlockPlus(0.4, 3, 2, seed=5)
    compiled.build(inputs.shape)
    step = tf.function(lambda x: compiled(x, training=True), jit_compile=True)
    expected = eager(inputs, training=True)
    assert np.any(expected.numpy() == 0)
    np.testing.assert_allclose(step(inputs), expected, rtol=1e-6)
