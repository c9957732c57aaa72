"""The two branches that turn a feature map into embeddings, each with its reduction."""

import tensorflow as tf

from tfreid.layers.batch_norm import make_batch_norm, normalize_rows
from tfreid.layers.bottleneck import Bottleneck
from tfreid.layers.convolution import make_torch_default


@tf.keras.utils.register_keras_serializable("tfreid")
class Reduction(tf.keras.layers.Layer):
    """A dense layer, batch norm and ReLU: [B, C] -> float32[B, dim].

    SONA-Net, section 2.1. On pooled features a 1x1 convolution is a dense layer. Initial values
    are those of the paper's base code: He normal, over the inputs for the convolution of the
    global branch and over the outputs for the linear layer of the local one; batch norm's scale
    is drawn from N(1, 0.02).

    Args:
      dim: size of the embedding.
      fan: "fan_in" or "fan_out", which units He's variance counts.
      synchronized: whether batch-norm statistics are shared between replicas.
      **kwargs: of `tf.keras.layers.Layer`.
    """

    FOLDABLE = (("dense", "norm"),)

    def __init__(self, dim, fan, synchronized=False, **kwargs):
        super().__init__(**kwargs)
        self.dim = dim
        self.fan = fan
        self.synchronized = synchronized
        initializer = tf.keras.initializers.VarianceScaling(2.0, fan, "untruncated_normal")
        self.dense = tf.keras.layers.Dense(
            dim, kernel_initializer=initializer, name="dense", dtype=self.dtype_policy
        )
        self.norm = make_batch_norm(
            "norm",
            synchronized=synchronized,
            gamma_initializer=tf.keras.initializers.RandomNormal(1.0, 0.02),
            dtype=self.dtype_policy,
        )

    def call(self, inputs, training=False):
        reduced = normalize_rows(self.norm, self.dense(inputs), training)
        # Losses and distances square what comes out: in float16 they would overflow.
        return tf.cast(tf.nn.relu(reduced), tf.float32)

    def get_config(self):
        return {
            **super().get_config(),
            "dim": self.dim,
            "fan": self.fan,
            "synchronized": self.synchronized,
        }


class Branch(tf.keras.layers.Layer):
    """Base of the branches: attention where it is asked for, then a reduction at the end.

    Args:
      dim: size of the embedding.
      attention: layer called on the map first, its config, or None.
      synchronized: whether batch-norm statistics are shared between replicas.
      **kwargs: of `tf.keras.layers.Layer`.
    """

    FAN = "fan_in"  # of the `Reduction`

    def __init__(self, dim, attention=None, synchronized=False, **kwargs):
        super().__init__(**kwargs)
        self.dim = dim
        self.attention = restore_layer(attention)
        self.synchronized = synchronized
        self.reduction = Reduction(
            dim, self.FAN, synchronized, name="reduction", dtype=self.dtype_policy
        )

    def attend(self, inputs, training):
        """Returns the map after the attention, if there is one."""
        return inputs if self.attention is None else self.attention(inputs, training=training)

    def get_config(self):
        return {
            **super().get_config(),
            "dim": self.dim,
            "attention": save_layer(self.attention),
            "synchronized": self.synchronized,
        }


@tf.keras.utils.register_keras_serializable("tfreid")
class GlobalBranch(Branch):
    """Global average pooling and a reduction: [B, H, W, C] -> float32[B, dim].

    SONA-Net, section 2.1. For the arguments see `Branch`.
    """

    def __init__(self, dim=512, attention=None, synchronized=False, **kwargs):
        super().__init__(dim, attention, synchronized, **kwargs)

    def call(self, inputs, training=False):
        pooled = tf.reduce_mean(self.attend(inputs, training), axis=[1, 2])
        return self.reduction(pooled, training=training)


@tf.keras.utils.register_keras_serializable("tfreid")
class LocalBranch(Branch):
    """Bottleneck, drop, global max pooling and a reduction: [B, H, W, C] -> float32[B, dim].

    SONA-Net, section 2.1: what is dropped cannot be the maximum, so other regions must learn to
    tell people apart. The bottleneck starts as the paper's framework starts it, since no pretrained
    weights exist for it.

    Args:
      dim: size of the embedding.
      drop: layer called on the bottleneck's output, its config, or None.
      attention: see `Branch`.
      synchronized: see `Branch`.
      **kwargs: of `tf.keras.layers.Layer`.
    """

    FAN = "fan_out"

    def __init__(self, dim=1024, drop=None, attention=None, synchronized=False, **kwargs):
        super().__init__(dim, attention, synchronized, **kwargs)
        self.drop = restore_layer(drop)

    def build(self, input_shape):
        channels = input_shape[-1]
        self.bottleneck = Bottleneck(
            channels,
            width=channels // 4,
            kernel_initializer=make_torch_default(),
            synchronized=self.synchronized,
            name="bottleneck",
            dtype=self.dtype_policy,
        )
        super().build(input_shape)

    def call(self, inputs, training=False):
        features = self.bottleneck(self.attend(inputs, training), training=training)
        if self.drop is not None:
            features = self.drop(features, training=training)
        return self.reduction(tf.reduce_max(features, axis=[1, 2]), training=training)

    def get_config(self):
        return {**super().get_config(), "drop": save_layer(self.drop)}


def save_layer(layer):
    """Returns the config of a layer that may be None."""
    return None if layer is None else tf.keras.layers.serialize(layer)


def restore_layer(layer):
    """Returns a layer given as itself, as its config, or as None."""
    return tf.keras.layers.deserialize(layer) if isinstance(layer, dict) else layer
