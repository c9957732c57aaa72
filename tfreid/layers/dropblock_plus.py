"""DropBlock+: DropBlock with blocks of any height and width."""

import tensorflow as tf

from tfreid.layers.replica_noise import ReplicaNoise, make_call_counter


@tf.keras.utils.register_keras_serializable("tfreid")
class DropBlockPlus(tf.keras.layers.Layer):
    """Zeroes random block_height x block_width blocks of a feature map while training.

    From "Second-order Non-local Attention Networks for Person Re-identification" (ICCV 2019),
    section 2.1; a square block is DropBlock (Ghiasi et al., NeurIPS 2018). Each position at which
    a whole block fits starts a block with the rate

        gamma * H * W / (h * w * (H - h + 1) * (W - w + 1)),  h, w = block height, width

    DropBlock's formula with two block sides, so that about the share gamma of the map is dropped.
    Each image has its own mask, shared by its channels; what is kept is scaled up by the kept
    share. Outside training the layer is the identity.

    Input and output: [B, H, W, C], floating.

    Args:
      drop_probability: gamma, in [0, 1).
      block_height: rows of a block, at least 1 and at most H.
      block_width: columns of a block, at least 1 and at most W.
      seed: int, of the masks; see `ReplicaNoise`.
      **kwargs: of `tf.keras.layers.Layer`.

    Raises:
      ValueError: for arguments out of range, or a block larger than a known map.
    """

    def __init__(self, drop_probability=0.1, block_height=5, block_width=8, seed=0, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= drop_probability < 1:
            raise ValueError(f"drop_probability is {drop_probability}; it must lie in [0, 1).")
        if min(block_height, block_width) < 1:
            raise ValueError(
                f"The block is {block_height} x {block_width}; each side must be at least 1."
            )
        self.drop_probability = drop_probability
        self.block_height = block_height
        self.block_width = block_width
        self.seed = seed

    def build(self, input_shape):
        self._check_block(input_shape)
        self._noise = ReplicaNoise(make_call_counter(self), self.seed)
        super().build(input_shape)

    def call(self, inputs, training=False):
        if not training or self.drop_probability == 0:
            return inputs
        self._check_block(inputs.shape)  # it may have been built for larger maps
        return inputs * tf.cast(self._draw_mask(inputs), inputs.dtype)

    def _check_block(self, shape):
        """Raises `ValueError` for a block that is larger than a known map."""
        for side, block, size in (
            ("block_height", self.block_height, shape[1]),
            ("block_width", self.block_width, shape[2]),
        ):
            if size is not None and block > size:
                raise ValueError(f"{side}={block} is larger than the map's {size}.")

    def _draw_mask(self, inputs):
        """Returns float32[B, H, W, 1]: zero where dropped, elsewhere one over the kept share."""
        shape = tf.shape(inputs)
        rows, columns = shape[1] - self.block_height + 1, shape[2] - self.block_width + 1
        rate = self._seed_rate(tf.cast(shape[1] * shape[2], tf.float32), rows, columns)
        starts = tf.cast(self._noise.draw(shape[0], [rows, columns]) < rate, tf.float32)
        kept = 1.0 - self._grow(starts[..., tf.newaxis])
        share = tf.reduce_mean(kept, axis=[1, 2, 3], keepdims=True)
        # Where the blocks cover the whole map nothing is kept: 0 / 0 is 0 here.
        return tf.math.divide_no_nan(kept, share)

    def _seed_rate(self, area, rows, columns):
        block = self.block_height * self.block_width
        starts = tf.cast(rows * columns, tf.float32)
        return self.drop_probability * area / (block * starts)

    def _grow(self, starts):
        """Spreads each block's top left corner over the block: [B, r, c, 1] -> [B, H, W, 1]."""
        # Max-pooling looks at a whole block of starts above and left of each position.
        above, left = self.block_height - 1, self.block_width - 1
        padded = tf.pad(starts, [[0, 0], [above, above], [left, left], [0, 0]])
        return tf.nn.max_pool2d(
            padded, [self.block_height, self.block_width], strides=1, padding="VALID"
        )

    def get_config(self):
        return {
            **super().get_config(),
            "drop_probability": self.drop_probability,
            "block_height": self.block_height,
            "block_width": self.block_width,
            "seed": self.seed,
        }
