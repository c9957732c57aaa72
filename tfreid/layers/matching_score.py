"""The score of a pair from the comparisons of all locations."""

import tensorflow as tf

from tfreid.layers.joint_batch_norm import JointlyNormalized
from tfreid.layers.normalized_dense import multiply_rows

# Small, so that an untrained network gives every gallery image about the same score.
START_STDDEV = 0.01


@tf.keras.utils.register_keras_serializable("tfreid")
class MatchingScore(JointlyNormalized):
    """f(I^A, I^B) = FFN([c_1, ..., c_L]), a feed-forward network of two dense layers.

    From "Learning a Key-Value Memory Co-Attention Matching Network for Person Re-identification"
    (AAAI 2019), equation 6. The first layer sees all locations at once, so L is fixed when the
    layer is built. Where the paper is silent: batch norm and ReLU between the two layers.

    Input: [..., L, d_c], floating. Output: float32[...], under every precision policy.

    Args:
      hidden_dim: units of the first layer, at least 1.
      normalize: whether batch norm stands before the ReLU; otherwise a bias.
      **kwargs: of `JointlyNormalized`.

    Raises:
      ValueError: for a hidden_dim below 1, or an input whose L or d_c is not known.
    """

    def __init__(
        self,
        hidden_dim=512,
        normalize=True,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if hidden_dim < 1:
            raise ValueError(f"hidden_dim is {hidden_dim}; it must be at least 1.")
        self.hidden_dim = hidden_dim
        self.normalize = normalize
        self.norm = None

    def build(self, input_shape):
        locations, channels = input_shape[-2:]
        if locations is None or channels is None:
            raise ValueError(
                f"{self.name}: the last two sizes of the input {input_shape} must be known."
            )
        self.kernel = self.add_weight(
            name="kernel", shape=(locations * channels, self.hidden_dim), initializer="he_normal"
        )
        if self.normalize:
            self.norm = self.make_norm(self.hidden_dim, "float32")
        else:
            self.bias = self._add_float32("bias", [self.hidden_dim], "zeros")
        start = tf.keras.initializers.TruncatedNormal(stddev=START_STDDEV)
        self.score_kernel = self._add_float32("score_kernel", [self.hidden_dim, 1], start)
        self.score_bias = self._add_float32("score_bias", [1], "zeros")
        super().build(input_shape)

    def call(self, inputs, training=False):
        hidden = tf.cast(self._multiply(inputs), tf.float32)
        if self.normalize:
            # On the result, not in the kernel: that one is far larger than a block's results.
            hidden = self.norm(hidden, training=training)
        else:
            hidden = hidden + self.bias
        scores = multiply_rows(tf.nn.relu(hidden), self.score_kernel, self.score_bias)
        return tf.reshape(scores, tf.shape(inputs)[:-2])

    def get_config(self):
        return {
            **super().get_config(),
            "hidden_dim": self.hidden_dim,
            "normalize": self.normalize,
        }

    def _add_float32(self, name, shape, initializer):
        """Adds a variable that is read in float32 under every precision policy."""
        return self.add_weight(
            name=name,
            shape=shape,
            dtype=tf.float32,
            initializer=initializer,
            # Mixed precision would read them rounded to 16 bits.
            experimental_autocast=False,
        )

    def _multiply(self, inputs):
        """Returns [rows, hidden_dim], one row for each pair."""
        rows = tf.reshape(inputs, [-1, self.kernel.shape[0]])
        return multiply_rows(rows, self.kernel)
