"""What the batch norms share: scale, shift, and moving averages of mean and variance."""

import tensorflow as tf


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
            experimental_autocast=False,
            **kwargs,
        )
