"""Batch normalization of several tensors as one batch."""

import tensorflow as tf

from tfreid.layers.batch_norm import MovingStatistics
from tfreid.layers.replicas import sum_across_replicas

# TF-slim's for Inception-V1, whose checkpoint the network starts from.
EPSILON = 1e-3
MOMENTUM = 0.9997


@tf.keras.utils.register_keras_serializable("tfreid")
class JointBatchNorm(MovingStatistics):
    """Normalizes tensors of one kind by statistics that they share.

    In KVM-MN (AAAI 2019, equation 4) one batch norm sees both images of every pair. What the query
    brings is the same in all of its pairs and is therefore computed once, so the two sides arrive
    as tensors of different sizes. Each tensor weighs the same here, whatever its size: statistics
    are those of a batch that lists every pair with both of its sides, where the query's rows would
    be repeated for each gallery image.

    Training uses the batch's mean and (biased) variance and moves the averages towards them;
    inference uses the averages. All is computed in float32.

    Input: a tensor [..., C] or a tuple of such tensors, floating; output: the same, with the
    input's dtype.

    Args:
      momentum: share of the old value that the moving averages keep, in [0, 1].
      epsilon: added to the variance, at least 0.
      synchronized: whether the statistics are those of all replicas.
      **kwargs: of `tf.keras.layers.Layer`.

    Raises:
      ValueError: for arguments out of range or channels that are not known.
    """

    def __init__(self, momentum=MOMENTUM, epsilon=EPSILON, synchronized=False, **kwargs):
        super().__init__(epsilon, momentum, **kwargs)
        self.synchronized = synchronized

    def build(self, input_shape):
        several = isinstance(input_shape, (tuple, list)) and isinstance(
            input_shape[0], (tuple, list, tf.TensorShape)
        )
        self.add_vectors(input_shape[0] if several else input_shape)
        super().build(input_shape)

    def call(self, inputs, training=False):
        sides = inputs if isinstance(inputs, (tuple, list)) else (inputs,)
        if training and self.trainable:
            scale, shift = self._combine(*self._update(sides))
        else:
            scale, shift = self.fold()
        outputs = tuple(
            tf.cast(tf.cast(side, tf.float32) * scale + shift, side.dtype) for side in sides
        )
        return outputs if isinstance(inputs, (tuple, list)) else outputs[0]

    def fold(self):
        """Returns inference as (scale, shift), float32[C] each: y = x * scale + shift."""
        return self._combine(*self.recall())

    def get_config(self):
        return {**super().get_config(), "synchronized": self.synchronized}

    def _combine(self, mean, variance):
        scale = self.gamma * tf.math.rsqrt(variance + self.epsilon)
        return scale, self.beta - mean * scale

    def _update(self, sides):
        """Returns the batch's mean and variance after moving the averages towards them."""
        sides = [tf.cast(side, tf.float32) for side in sides]
        mean = self._average([_average_rows(side) for side in sides])
        variance = self._average(
            [_average_rows(tf.math.squared_difference(side, mean)) for side in sides]
        )
        self.remember(mean, variance)
        return mean, variance

    def _average(self, values):
        """Returns the mean over the sides and, if synchronized, over the replicas."""
        mean = tf.add_n(values) / len(values)
        if not self.synchronized:
            return mean
        return sum_across_replicas(mean) / tf.distribute.get_strategy().num_replicas_in_sync


class JointlyNormalized(tf.keras.layers.Layer):
    """Base of layers with a `JointBatchNorm` in them, or with layers that have one.

    Args:
      momentum: of the moving averages.
      epsilon: added to the variance.
      synchronized: whether statistics are shared between replicas.
      **kwargs: of `tf.keras.layers.Layer`.
    """

    def __init__(self, momentum=MOMENTUM, epsilon=EPSILON, synchronized=False, **kwargs):
        super().__init__(**kwargs)
        self.momentum = momentum
        self.epsilon = epsilon
        self.synchronized = synchronized

    @property
    def norm_arguments(self):
        """What the batch norm inside is made with."""
        # No attribute: Keras would make a dict part of the checkpoints.
        names = ("momentum", "epsilon", "synchronized")
        return {name: getattr(self, name) for name in names}

    def make_norm(self, channels, dtype):
        """Returns a built `JointBatchNorm` for inputs [..., channels]."""
        norm = JointBatchNorm(name="norm", dtype=dtype, **self.norm_arguments)
        with tf.name_scope(norm.name):
            norm.build((None, channels))
        return norm

    def get_config(self):
        return {**super().get_config(), **self.norm_arguments}


def _average_rows(x):
    return tf.reduce_mean(x, axis=list(range(x.shape.rank - 1)))
