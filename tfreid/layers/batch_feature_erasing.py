"""Batch feature erasing: one band of rows is zeroed in all images of a batch."""

import tensorflow as tf

from tfreid.layers.replica_noise import ReplicaNoise, make_call_counter


@tf.keras.utils.register_keras_serializable("tfreid")
class BatchFeatureErasing(tf.keras.layers.Layer):
    """Zeroes the same full-width band of rows in the whole batch while training.

    The BFE rows of SONA-Net's Table 5; from "Batch Feature Erasing for Person Re-identification
    and Beyond" (Dai et al., 2018). The band has round(height_ratio * H) rows and starts at a
    uniformly drawn row; one band serves all images, channels and replicas; nothing is rescaled.
    Outside training the layer is the identity.

    Input and output: [B, H, W, C], floating.

    Args:
      height_ratio: share of the rows, in [0, 1).
      seed: int, of the bands; see `ReplicaNoise`.
      **kwargs: of `tf.keras.layers.Layer`.

    Raises:
      ValueError: for a ratio out of range.
    """

    def __init__(self, height_ratio=0.33, seed=0, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= height_ratio < 1:
            raise ValueError(f"height_ratio is {height_ratio}; it must lie in [0, 1).")
        self.height_ratio = height_ratio
        self.seed = seed

    def build(self, input_shape):
        self._noise = ReplicaNoise(make_call_counter(self), self.seed)
        super().build(input_shape)

    def call(self, inputs, training=False):
        if not training or self.height_ratio == 0:
            return inputs
        height = tf.shape(inputs)[1]
        size = tf.cast(tf.round(self.height_ratio * tf.cast(height, tf.float32)), tf.int32)
        starts = tf.cast(height - size + 1, tf.float32)
        # Noise is below 1, so the last start is that of a band at the bottom.
        first = tf.cast(self._noise.draw_shared([]) * starts, tf.int32)
        row = tf.range(height)
        kept = tf.logical_or(row < first, row >= first + size)
        return inputs * tf.cast(kept, inputs.dtype)[tf.newaxis, :, tf.newaxis, tf.newaxis]

    def get_config(self):
        return {
            **super().get_config(),
            "height_ratio": self.height_ratio,
            "seed": self.seed,
        }
