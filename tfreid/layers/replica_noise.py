"""Noise of the global batch: the same for every number of replicas, and after every resume."""

import tensorflow as tf

from tfreid.layers.replicas import find_replica


class ReplicaNoise(tf.Module):
    """A checkpointed source of uniform noise for a layer that drops at random.

    The n-th call's noise is a function of (seed, n) alone. Each replica draws the noise of the
    whole global batch and keeps the rows of its own images, so one device and several devices drop
    the same: masks are small, so drawing them whole costs nothing.

    Args:
      calls: int64 scalar variable that counts the calls; the layer owns it, so that it is saved.
      seed: int.
    """

    def __init__(self, calls, seed):
        super().__init__()
        self._calls = calls
        self._seed = seed

    def draw(self, batch, shape):
        """Returns float32[batch, *shape], uniform in [0, 1), and counts the call."""
        replica, replicas = find_replica()
        noise = self._draw([batch * replicas, *shape])
        return noise[replica * batch : (replica + 1) * batch]

    def draw_shared(self, shape):
        """Returns float32[*shape], uniform in [0, 1), equal on all replicas; counts the call."""
        return self._draw(shape)

    def _draw(self, shape):
        seed = tf.stack([tf.constant(self._seed, tf.int64), self._calls.read_value()])
        self._calls.assign_add(1)
        return _draw_uniform(shape, seed)


def _draw_uniform(shape, seed):
    """Returns the numbers of `tf.random.stateless_uniform`, which are others inside XLA.

    Both draw the same bits with Philox, but XLA makes numbers of their upper 23 and TensorFlow of
    their lower 23. Made here from the lower ones, they are the same with and without XLA.
    """
    bits = tf.random.stateless_uniform(
        shape, seed, minval=None, maxval=None, dtype=tf.int32, alg="philox"
    )
    return tf.cast(tf.bitwise.bitwise_and(bits, 2**23 - 1), tf.float32) * 2.0**-23


def make_call_counter(layer):
    """Adds the int64 counter variable of a `ReplicaNoise` to a Keras layer and returns it."""
    return layer.add_weight(
        "calls",
        shape=(),
        dtype=tf.int64,
        initializer="zeros",
        trainable=False,
        synchronization=tf.VariableSynchronization.ON_READ,  # counts on each replica: no exchange
        aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
    )
