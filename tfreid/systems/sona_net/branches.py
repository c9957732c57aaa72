"""The two branches that turn a feature map into embeddings, each with its reduction."""

import tensorflow as tf

from tfreid.layers.batch_norm import make_batch_norm
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
        # As a map of one position: Keras keeps the unbiased variance, as the paper's framework
        # does, for maps only.
        positions = self.dense(inputs)[:, tf.newaxis, tf.newaxis, :]
        reduced = tf.nn.relu(self.norm(positions, training=training))
        return tf.cast(reduced[:, 0, 0, :], tf.float32)

    def get_config(self):
        return {
            **super().get_config(),
            "dim": self.dim,
            "fan": self.fan,
            "synchronized": self.synchronized,
        }


@tf.keras.utils.register_keras_serializable("tfreid")
class GlobalBranch(tf.keras.layers.Layer):
    """Global average pooling and a reduction: [B, H, W, C] -> float32[B, dim].

    SONA-Net, section 2.1.

    Args:
      dim: size of the embedding.
      attention: layer called on the map first, its config, or None.
      synchronized: whether batch-norm statistics are shared between replicas.
      **kwargs: of `tf.keras.layers.Layer`.
    """

    def __init__(self, dim=512, attention=None, synchronized=False, **kwargs):
        super().__init__(**kwargs)
        self.dim = dim
        self.attention = restore_layer(attention)
        self.synchronized = synchronized
        self.reduction = Reduction(
            dim, "fan_in", synchronized, name="reduction", dtype=self.dtype_policy
        )

    def call(self, inputs, training=False):
        if self.attention is not None:
            inputs = self.attention(inputs, training=training)
        return self.reduction(tf.reduce_mean(inputs, axis=[1, 2]), training=training)

    def get_config(self):
        return {
            **super().get_config(),
            "dim": self.dim,
            "attention": save_layer(self.attention),
            "synchronized": self.synchronized,
        }


@tf.keras.utils.register_keras_serializable("tfreid")
class LocalBranch(tf.keras.layers.Layer):
    """Bottleneck, drop, global max pooling and a reduction: [B, H, W, C] -> float32[B, dim].

    SONA-Net, section 2.1: what is dropped cannot be the maximum, so other regions must learn to
    tell people apart. The bottleneck starts as the paper's framework starts it, since no pretrained
    weights exist for it.

    Args:
      dim: size of the embedding.
      drop: layer called on the bottleneck's output, its config, or None.
      attention: layer called on the map first, its config, or None.
      synchronized: whether batch-norm statistics are shared between replicas.
      **kwargs: of `tf.keras.layers.Layer`.
    """

    def __init__(self, dim=1024, drop=None, attention=None, synchronized=False, **kwargs):
        super().__init__(**kwargs)
        self.dim = dim
        self.drop = restore_layer(drop)
        self.attention = restore_layer(attention)
        self.synchronized = synchronized
        self.reduction = Reduction(
            dim, "fan_out", synchronized, name="reduction", dtype=self.dtype_policy
        )

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
        if self.attention is not None:
            inputs = self.attention(inputs, training=training)
        features = self.bottleneck(inputs, training=training)
        if self.drop is not None:
            features = self.drop(features, training=training)
        return self.reduction(tf.reduce_max(features, axis=[1, 2]), training=training)

    def get_config(self):
        return {
            **super().get_config(),
            "dim": self.dim,
            "drop": save_layer(self.drop),
            "attention": save_layer(self.attention),
            "synchronized": self.synchronized,
        }


def save_layer(layer):
    """Returns the config of a layer that may be None."""
    return None if layer is None else tf.keras.layers.serialize(layer)


def restore_layer(layer):
    """Returns a layer given as itself, as its config, or as None."""
    return tf.keras.layers.deserialize(layer) if isinstance(layer, dict) else layer
