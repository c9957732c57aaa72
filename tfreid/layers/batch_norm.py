"""Batch normalization as PyTorch configures it, per replica or over all replicas."""

import tensorflow as tf

from tfreid.layers.moving_statistics import MovingStatistics
from tfreid.layers.replicas import sum_across_replicas

EPSILON = 1e-5
MOMENTUM = 0.9


def make_batch_norm(name, synchronized=False, gamma_initializer="ones", dtype=None):
    """Returns a batch-norm layer over the last axis with torchvision's constants.

    Epsilon is 1e-5 and the moving statistics keep 0.9 of their old value (PyTorch writes the same
    as momentum 0.1); Keras' own defaults, 1e-3 and 0.99, would not fit ImageNet weights.

    Args:
      name: layer name.
      synchronized: whether statistics are those of the global batch. By default each replica uses
        its own images, as DataParallel does in the papers' framework.
      gamma_initializer: initializer of the scale; "zeros" makes a residual start as the identity.
      dtype: dtype or policy of the layer; None for the global policy.
    """
    layer = SynchronizedBatchNorm if synchronized else tf.keras.layers.BatchNormalization
    return layer(
        epsilon=EPSILON,
        momentum=MOMENTUM,
        gamma_initializer=gamma_initializer,
        name=name,
        dtype=dtype,
    )


@tf.keras.utils.register_keras_serializable("tfreid")
class SynchronizedBatchNorm(MovingStatistics):
    """Batch normalization with the statistics of the global batch.

    On one replica it equals what `tf.keras.layers.BatchNormalization` does with maps
    [B, H, W, C], moving statistics included: those keep the unbiased variance, as PyTorch does.
    (Of [B, C] Keras keeps the biased one; this layer treats all ranks alike.) Keras' own
    `synchronized=True` sums in the compute dtype, takes the variance as a difference of two sums
    and keeps the biased variance: it loses small variances, and goes wrong in bfloat16. Here the
    mean is agreed on first, then the mean square deviation, in float32 throughout.

    Shape: any rank from 2, channels last; the output has the shape and dtype of the input.

    Args:
      epsilon: added to the variance, at least 0.
      momentum: share of the old value that the moving statistics keep, in [0, 1].
      gamma_initializer: initializer of the scale.
      **kwargs: of `tf.keras.layers.Layer`.
    """

    def __init__(self, epsilon=EPSILON, momentum=MOMENTUM, gamma_initializer="ones", **kwargs):
        super().__init__(epsilon, momentum, **kwargs)
        self.gamma_initializer = tf.keras.initializers.get(gamma_initializer)

    def build(self, input_shape):
        self.add_vectors(input_shape, self.gamma_initializer)
        super().build(input_shape)

    def call(self, inputs, training=None):
        if training is None:
            training = tf.keras.backend.learning_phase()
        x = tf.cast(inputs, tf.float32)
        if isinstance(training, (bool, int)):
            mean, variance = self._update(x) if training and self.trainable else self.recall()
        else:
            mean, variance = tf.cond(
                tf.cast(training, tf.bool), lambda: self._update(x), self.recall
            )
        scale = self.gamma * tf.math.rsqrt(variance + self.epsilon)
        return tf.cast((x - mean) * scale + self.beta, inputs.dtype)

    def get_config(self):
        return {
            **super().get_config(),
            "gamma_initializer": tf.keras.initializers.serialize(self.gamma_initializer),
        }

    def _update(self, x):
        """Returns the global batch's mean and variance after moving the averages towards them."""
        axes = list(range(x.shape.rank - 1))
        count = tf.cast(tf.size(x) // tf.shape(x)[-1], tf.float32)
        # One exchange for both numbers: exchanges between replicas are what takes time here.
        sums = sum_across_replicas(tf.concat([tf.reduce_sum(x, axes), [count]], axis=0))
        count, mean = sums[-1], sums[:-1] / sums[-1]
        variance = (
            sum_across_replicas(tf.reduce_sum(tf.math.squared_difference(x, mean), axes)) / count
        )
        unbiased = variance * (count / tf.maximum(count - 1.0, 1.0))
        self.remember(mean, unbiased)
        return mean, variance
