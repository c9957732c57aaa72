"""Tests of what replicas tell each other."""

import numpy as np
import pytest
import tensorflow as tf

from tfreid.layers.replicas import find_replica, gather_across_replicas


def run_on(strategy, function):
    """Runs function(replica number) on every replica; returns the list of results."""

    @tf.function
    def step():
        return function(tf.distribute.get_replica_context().replica_id_in_sync_group)

    return strategy.experimental_local_results(strategy.run(step))


@pytest.mark.parametrize("replicas", [2, 4])
def test_every_replica_sees_all_rows_in_replica_order(make_replicas, replicas):
    rows = tf.reshape(tf.range(4 * 3 * 5, dtype=tf.float32), [4 * 3, 5])[: replicas * 3]
    gathered = run_on(
        make_replicas(replicas), lambda i: gather_across_replicas(rows[i * 3 : (i + 1) * 3])
    )
    for result in gathered:
        np.testing.assert_array_equal(result, rows)


def test_gradients_flow_back_to_the_replica_a_row_came_from(make_replicas):
    """Each of 2 replicas sums weight[row] * row over all rows: every row is summed twice."""
    weights = tf.constant([[1.0], [10.0], [100.0], [1000.0]])

    def differentiate(replica):
        local = tf.ones([2, 1]) * tf.cast(replica + 1, tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(local)
            total = tf.reduce_sum(weights * gather_across_replicas(local))
        return tape.gradient(total, local)

    first, second = run_on(make_replicas(2), differentiate)
    np.testing.assert_array_equal(first[:, 0], [2, 20])
    np.testing.assert_array_equal(second[:, 0], [200, 2000])


def test_outside_a_strategy_rows_are_their_own_global_batch():
    rows = tf.ones([2, 3])
    assert gather_across_replicas(rows) is rows
    assert find_replica() == (0, 1)
