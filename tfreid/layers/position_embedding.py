"""Sinusoidal position embedding in two dimensions."""

import numpy as np
import tensorflow as tf


@tf.keras.utils.register_keras_serializable("tfreid")
class PositionEmbedding2D(tf.keras.layers.Layer):
    """Adds to each location of a map a vector that says where it lies.

    From "Learning a Key-Value Memory Co-Attention Matching Network for Person Re-identification"
    (AAAI 2019), equation 1. The first half of the d channels encodes the column x, the second half
    the row y, with sines on the even channels of each half and cosines on the odd ones:

        p(2i) = sin(x / t^(4i/d))           p(2i + d/2) = sin(y / t^(4i/d))
        p(2i+1) = cos(x / t^(4i/d))         p(2i+1 + d/2) = cos(y / t^(4i/d))

    with t = 10000. Positions and i count from 0, i to d/4 - 1 (the paper's i = 1, ..., d/4 would
    leave the first two channels of each half without a value). Nothing is learned.

    Input and output: [B, H, W, d], floating; H and W may vary from call to call.

    Args:
      temperature: t, above 0.
      **kwargs: of `tf.keras.layers.Layer`.

    Raises:
      ValueError: for a temperature of 0 or less and for channels not divisible by 4.
    """

    def __init__(self, temperature=10000.0, **kwargs):
        super().__init__(**kwargs)
        if temperature <= 0:
            raise ValueError(f"temperature is {temperature}; it must be above 0.")
        self.temperature = temperature

    def build(self, input_shape):
        channels = input_shape[-1]
        if channels is None or channels % 4:
            raise ValueError(
                f"The input has {channels} channels; sines and cosines of two coordinates need a "
                "multiple of 4."
            )
        super().build(input_shape)

    def call(self, inputs):
        shape = tf.shape(inputs)
        quarter = inputs.shape[-1] // 4
        columns = self._encode(shape[2], quarter)[tf.newaxis]
        rows = self._encode(shape[1], quarter)[:, tf.newaxis]
        wanted = [shape[1], shape[2], 2 * quarter]
        embedding = tf.concat(
            [tf.broadcast_to(columns, wanted), tf.broadcast_to(rows, wanted)], axis=-1
        )
        return inputs + tf.cast(embedding, inputs.dtype)

    def _encode(self, length, quarter):
        """Returns float32[length, 2 * quarter]: sine and cosine of each frequency, in turn."""
        # By numpy, in float64, then rounded once: powers in float32 are less exact.
        frequencies = self.temperature ** (-np.arange(quarter) / quarter)  # 4i/d = i/quarter
        positions = tf.cast(tf.range(length), tf.float32)
        angles = positions[:, tf.newaxis] * tf.constant(frequencies, tf.float32)
        pairs = tf.stack([tf.sin(angles), tf.cos(angles)], axis=-1)
        return tf.reshape(pairs, [length, 2 * quarter])

    def get_config(self):
        return {**super().get_config(), "temperature": self.temperature}
