"""Multi-head key-value memory: a feature map as keys and values of every location."""

from typing import NamedTuple

import tensorflow as tf

from tfreid.layers.joint_batch_norm import JointlyNormalized
from tfreid.layers.normalized_dense import NormalizedDense


class Memory(NamedTuple):
    """What an image is to the matching: a key and a value for every head and location.

    Attributes:
      keys: floating[..., heads, L, d_k].
      values: floating[..., heads, L, d_v].
    """

    keys: tf.Tensor
    values: tf.Tensor


@tf.keras.utils.register_keras_serializable("tfreid")
class KeyValueMemory(JointlyNormalized):
    """K_h = phi(F W_k,h) and V_h = phi(F W_v,h) for every head h.

    From "Learning a Key-Value Memory Co-Attention Matching Network for Person Re-identification"
    (AAAI 2019), equation 2; phi is the ReLU after batch norm. The heads' matrices lie side by side
    in one. Locations are counted row by row (l = y * W + x).

    Input: [B, H, W, d], floating. Output: `Memory` of keys [B, heads, H*W, d_k] and values
    [B, heads, H*W, d_v].

    Args:
      num_heads: number of heads, at least 1.
      key_dim: d_k, at least 1.
      value_dim: d_v, at least 1.
      key_equals_value: whether keys serve as values (the ablation "K = V" of Table 3); d_k and d_v
        must then be equal.
      **kwargs: of `JointlyNormalized`.

    Raises:
      ValueError: for arguments out of range or contradicting each other.
    """

    def __init__(
        self,
        num_heads=4,
        key_dim=64,
        value_dim=64,
        key_equals_value=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if min(num_heads, key_dim, value_dim) < 1:
            raise ValueError(
                f"num_heads={num_heads}, key_dim={key_dim}, value_dim={value_dim}: all must be at "
                "least 1."
            )
        if key_equals_value and key_dim != value_dim:
            raise ValueError(
                f"key_equals_value needs key_dim={key_dim} and value_dim={value_dim} to be equal."
            )
        self.num_heads = num_heads
        self.key_dim = key_dim
        self.value_dim = value_dim
        self.key_equals_value = key_equals_value
        self.key = self._make_projection(key_dim, "key")
        self.value = None if key_equals_value else self._make_projection(value_dim, "value")

    def call(self, inputs, training=False):
        keys = self._split_heads(self.key(inputs, training=training), self.key_dim)
        if self.key_equals_value:
            return Memory(keys, keys)
        values = self._split_heads(self.value(inputs, training=training), self.value_dim)
        return Memory(keys, values)

    def get_config(self):
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "key_dim": self.key_dim,
            "value_dim": self.value_dim,
            "key_equals_value": self.key_equals_value,
        }

    def _make_projection(self, dim, name):
        return NormalizedDense(
            self.num_heads * dim, name=name, dtype=self.dtype_policy, **self.norm_arguments
        )

    def _split_heads(self, x, dim):
        """[B, H, W, heads * dim] -> [B, heads, H*W, dim]."""
        height, width = x.shape[1:3]
        # A known L lets layers behind it, whose kernels have its size, be built.
        locations = -1 if None in (height, width) else height * width
        split = tf.reshape(x, [tf.shape(x)[0], locations, self.num_heads, dim])
        return tf.transpose(split, [0, 2, 1, 3])
