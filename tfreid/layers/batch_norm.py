"""Batch normalization as PyTorch configures it, per replica or over all replicas."""

import tensorflow as tf

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


def normalize_rows(norm, rows, training):
    """Returns rows [B, C] after batch norm, as a map of one position.

    Keras keeps the unbiased variance, as PyTorch does, for maps only.
    """
    return norm(rows[:, tf.newaxis, tf.newaxis, :], training=training)[:, 0, 0, :]


class MovingStatistics(tf.keras.layers.Layer):
    """Base of layers that normalize by a batch's statistics and remember their averages.

    All vectors are float32, whatever the policy.

    Attributes:
      gamma, beta: float32[C], trainable.
      moving_mean, moving_variance: float32[C]; on several replicas each has its own, and reading
        them takes their mean.
    """

    def __init__(self, epsilon, momentum, **kwargs):
        """Checks and keeps the constants.

        Args:
          epsilon: added to the variance, at least 0.
          momentum: share of the old value that the averages keep, in [0, 1].
          **kwargs: of `tf.keras.layers.Layer`.

        Raises:
          ValueError: for a constant out of range.
        """
        super().__init__(**kwargs)
        if epsilon < 0 or not 0 <= momentum <= 1:
            raise ValueError(
                f"epsilon={epsilon}, momentum={momentum}: epsilon must be at least 0 and momentum "
                "between 0 and 1."
            )
        self.epsilon = epsilon
        self.momentum = momentum

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon, "momentum": self.momentum}

    def add_vectors(self, input_shape, gamma_initializer="ones"):
        """Adds the four vectors for inputs [..., C].

        Raises:
          ValueError: where C is not known.
        """
        channels = input_shape[-1]
        if channels is None:
            raise ValueError(f"{self.name}: the channels of the input {input_shape} must be known.")
        self.gamma = self._add("gamma", channels, gamma_initializer)
        self.beta = self._add("beta", channels, "zeros")
        averages = {
            "trainable": False,
            # No exchange at every step: a replica moves its own, and checkpoints take the mean.
            "synchronization": tf.VariableSynchronization.ON_READ,
            "aggregation": tf.VariableAggregation.MEAN,
        }
        self.moving_mean = self._add("moving_mean", channels, "zeros", **averages)
        self.moving_variance = self._add("moving_variance", channels, "ones", **averages)

    def recall(self):
        """Returns the moving averages, (mean, variance), as float32[C] each."""
        return tf.identity(self.moving_mean), tf.identity(self.moving_variance)

    def remember(self, mean, variance):
        """Moves the averages towards a batch's statistics."""
        for average, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            average.assign_sub((average - tf.stop_gradient(value)) * (1.0 - self.momentum))

    def _add(self, name, channels, initializer, **kwargs):
        return self.add_weight(
            name=name,
            shape=(channels,),
            dtype=tf.float32,
            initializer=initializer,
            # Mixed precision would read them rounded to 16 bits.
            experimental_autocast=False,
            **kwargs,
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
