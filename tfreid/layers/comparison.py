"""Comparison of what the query's keys found in the two images."""

import tensorflow as tf

from tfreid.layers.joint_batch_norm import JointlyNormalized
from tfreid.layers.normalized_dense import multiply_rows


@tf.keras.utils.register_keras_serializable("tfreid")
class Comparison(JointlyNormalized):
    """c = phi(W_c^T [o^A, o^B]) for every location of the query A.

    From "Learning a Key-Value Memory Co-Attention Matching Network for Person Re-identification"
    (AAAI 2019), equation 5. W_c^T [o^A, o^B] is the sum of the query's share, o^A times the upper
    half of W_c, and the pair's, o^B times the lower half. The first is the same in all pairs of
    the query: `share` computes it once, with batch norm folded in.

    In training, batch norm takes its statistics over all pairs and locations.

    Input: (o^A, o^B), [S, Q, L, d_o] and [S, G, Q, L, d_o], floating: see `CoAttention`.
    Output: [S, G, Q, L, d_c].

    Args:
      comparison_dim: d_c, at least 1.
      **kwargs: of `JointlyNormalized`.

    Raises:
      ValueError: for a comparison_dim below 1.
    """

    def __init__(self, comparison_dim=512, **kwargs):
        super().__init__(**kwargs)
        if comparison_dim < 1:
            raise ValueError(f"comparison_dim is {comparison_dim}; it must be at least 1.")
        self.comparison_dim = comparison_dim

    def build(self, input_shape):
        self.output_dim = input_shape[0][-1]
        self.kernel = self.add_weight(
            name="kernel",
            shape=(2 * self.output_dim, self.comparison_dim),
            initializer="glorot_uniform",
        )
        self.norm = self.make_norm(self.comparison_dim, self.dtype_policy)
        super().build(input_shape)

    def call(self, inputs, training=False):
        own, other = inputs
        if not training:
            return self.compare(self.share(own), other)
        upper, lower = self.kernel[: self.output_dim], self.kernel[self.output_dim :]
        both = multiply_rows(own, upper)[:, tf.newaxis] + multiply_rows(other, lower)
        return tf.nn.relu(self.norm(both, training=True))

    def share(self, own):
        """Returns the query's share at inference, [S, Q, L, d_c]."""
        kernel, shift = self._fold()
        return multiply_rows(own, kernel[: self.output_dim], shift)

    def compare(self, share, other):
        """Returns c at inference, [S, G, Q, L, d_c], from a query's share and o^B."""
        kernel, _ = self._fold()
        return tf.nn.relu(multiply_rows(other, kernel[self.output_dim :]) + share[:, tf.newaxis])

    def get_config(self):
        return {
            **super().get_config(),
            "comparison_dim": self.comparison_dim,
        }

    def _fold(self):
        scale, shift = self.norm.fold()
        return tf.cast(self.kernel, tf.float32) * scale, shift
