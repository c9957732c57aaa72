"""The omni-scale block, and what it is made of."""

import tensorflow as tf

from tfreid.layers.batch_norm import EPSILON, make_batch_norm
from tfreid.layers.convolution import SymmetricConv2D

AFTER_SUM, INSIDE_RESIDUAL = "after_sum", "inside_residual"
INSTANCE_NORMS = ("", AFTER_SUM, INSIDE_RESIDUAL)
_STREAMS = 4  # scales of 3, 5, 7 and 9 pixels (section 3.2)
_NARROWING = 4  # of the block's inner channels
_GATE_NARROWING = 16  # of the gate's hidden layer (section 3.2)


def make_instance_norm(name):
    """Returns a layer that normalizes each image's every channel by itself, with scale and shift.

    As PyTorch's `InstanceNorm2d(affine=True)`: it is group norm with groups of one channel. It
    computes in float32: in float16 the gradient at a small variance is infinite.
    """
    return tf.keras.layers.GroupNormalization(
        groups=-1, epsilon=EPSILON, name=name, dtype="float32"
    )


@tf.keras.utils.register_keras_serializable("tfreid")
class ConvNorm(tf.keras.layers.Layer):
    """Convolution, norm and, if asked for, ReLU.

    Shapes: [B, H, W, C] -> [B, ceil(H / strides), ceil(W / strides), channels].

    Args:
      channels: output channels.
      kernel_size: odd number.
      strides: 1 or 2.
      norm: "batch", "instance" or "" for none.
      activated: whether ReLU comes last.
      **kwargs: of `tf.keras.layers.Layer`.
    """

    FOLDABLE = (("conv", "batch_norm"),)

    def __init__(self, channels, kernel_size=1, strides=1, norm="batch", activated=True, **kwargs):
        super().__init__(**kwargs)
        self.channels = channels
        self.kernel_size = kernel_size
        self.strides = strides
        self.norm = norm
        self.activated = activated
        policy = self.dtype_policy
        self.conv = SymmetricConv2D(
            channels, kernel_size, strides=strides, name="conv", dtype=policy
        )
        self.batch_norm = make_batch_norm("bn", dtype=policy) if norm == "batch" else None
        self.instance_norm = make_instance_norm("in") if norm == "instance" else None

    def call(self, inputs, training=False):
        x = self.conv(inputs)
        if self.batch_norm is not None:
            x = self.batch_norm(x, training=training)
        if self.instance_norm is not None:
            x = tf.cast(self.instance_norm(x), x.dtype)
        return tf.nn.relu(x) if self.activated else x

    def torch_names(self):
        """Yields (torchreid's prefix, layer)."""
        yield "conv", self.conv
        norm = self.batch_norm or self.instance_norm
        if norm is not None:
            yield "bn", norm

    def get_config(self):
        return {
            **super().get_config(),
            "channels": self.channels,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "norm": self.norm,
            "activated": self.activated,
        }


@tf.keras.utils.register_keras_serializable("tfreid")
class LightConv(tf.keras.layers.Layer):
    """A 1x1 convolution, a 3x3 one of each channel by itself, batch norm and ReLU (section 3.1).

    Shapes: [B, H, W, C] -> [B, H, W, channels].

    Args:
      channels: output channels.
      **kwargs: of `tf.keras.layers.Layer`.
    """

    def __init__(self, channels, **kwargs):
        super().__init__(**kwargs)
        self.channels = channels
        self.pointwise = SymmetricConv2D(channels, 1, name="conv1", dtype=self.dtype_policy)
        self.depthwise = tf.keras.layers.DepthwiseConv2D(
            3,
            padding="same",
            use_bias=False,
            # PyTorch counts all channels as this kernel's outputs, Keras as its inputs.
            depthwise_initializer=tf.keras.initializers.VarianceScaling(
                2.0, "fan_in", "untruncated_normal"
            ),
            name="conv2",
            dtype=self.dtype_policy,
        )
        self.norm = make_batch_norm("bn", dtype=self.dtype_policy)

    def call(self, inputs, training=False):
        return tf.nn.relu(self.norm(self.depthwise(self.pointwise(inputs)), training=training))

    def torch_names(self):
        """Yields (torchreid's prefix, layer)."""
        yield "conv1", self.pointwise
        yield "conv2", self.depthwise
        yield "bn", self.norm

    def get_config(self):
        return {**super().get_config(), "channels": self.channels}


@tf.keras.utils.register_keras_serializable("tfreid")
class ChannelGate(tf.keras.layers.Layer):
    """Weighs the channels of a map by what it holds (section 3.2, the aggregation gate).

    Global average pooling, a narrow hidden layer, and a weight in (0, 1) for each channel. One gate
    serves all streams of a block. Shapes: [B, H, W, C] -> [B, H, W, C].
    """

    def build(self, input_shape):
        channels = input_shape[-1]
        self.hidden = self._make_dense(max(1, channels // _GATE_NARROWING), "fc1")
        self.weights_out = self._make_dense(channels, "fc2")
        super().build(input_shape)

    def call(self, inputs):
        pooled = tf.reduce_mean(inputs, axis=[1, 2], keepdims=True)
        return inputs * tf.sigmoid(self.weights_out(tf.nn.relu(self.hidden(pooled))))

    def _make_dense(self, channels, name):
        return SymmetricConv2D(channels, 1, use_bias=True, name=name, dtype=self.dtype_policy)

    def torch_names(self):
        """Yields (torchreid's prefix, layer); must be built."""
        yield "fc1", self.hidden
        yield "fc2", self.weights_out


@tf.keras.utils.register_keras_serializable("tfreid")
class OmniScaleBlock(tf.keras.layers.Layer):
    """A residual of four streams of 1 to 4 `LightConv`s, summed through one gate (Figure 4b).

    Shapes: [B, H, W, C] -> [B, H, W, channels].

    Args:
      channels: output channels, a multiple of 4.
      instance_norm: "" for none, "after_sum" (OSNet-IBN) or "inside_residual" (OSNet-AIN), where it
        takes the place of the last batch norm.
      **kwargs: of `tf.keras.layers.Layer`.

    Raises:
      ValueError: for another `instance_norm`.
    """

    def __init__(self, channels, instance_norm="", **kwargs):
        super().__init__(**kwargs)
        if instance_norm not in INSTANCE_NORMS:
            raise ValueError(f"instance_norm={instance_norm}: give one of {INSTANCE_NORMS}.")
        self.channels = channels
        self.instance_norm = instance_norm
        width, policy = channels // _NARROWING, self.dtype_policy
        self.reduce = ConvNorm(width, name="conv1", dtype=policy)
        self.streams = [
            [LightConv(width, name=f"conv2_{length}_{i}", dtype=policy) for i in range(length)]
            for length in range(1, _STREAMS + 1)
        ]
        self.gate = ChannelGate(name="gate", dtype=policy)
        norm = "" if instance_norm == INSIDE_RESIDUAL else "batch"
        self.expand = ConvNorm(channels, norm=norm, activated=False, name="conv3", dtype=policy)
        self.norm = make_instance_norm("IN") if instance_norm else None
        self.shortcut = None

    def build(self, input_shape):
        if input_shape[-1] != self.channels:
            self.shortcut = ConvNorm(
                self.channels, activated=False, name="downsample", dtype=self.dtype_policy
            )
        super().build(input_shape)

    def call(self, inputs, training=False):
        x = self.reduce(inputs, training=training)
        sums = tf.add_n([self.gate(self._run(stream, x, training)) for stream in self.streams])
        residual = self.expand(sums, training=training)
        shortcut = inputs
        if self.shortcut is not None:
            shortcut = self.shortcut(inputs, training=training)
        if self.instance_norm == INSIDE_RESIDUAL:
            residual = tf.cast(self.norm(residual), shortcut.dtype)
        x = residual + shortcut
        if self.instance_norm == AFTER_SUM:
            x = tf.cast(self.norm(x), x.dtype)
        return tf.nn.relu(x)

    def _run(self, stream, x, training):
        for layer in stream:
            x = layer(x, training=training)
        return x

    def torch_names(self, stream_names):
        """Yields (torchreid's prefix, layer); must be built.

        Args:
          stream_names: function of (stream from 0, place in it) to the prefix of a `LightConv`.
        """
        parts = [("conv1", self.reduce), ("gate", self.gate), ("conv3", self.expand)]
        parts += [("downsample", self.shortcut)] if self.shortcut is not None else []
        parts += [
            (stream_names(number, place), layer)
            for number, stream in enumerate(self.streams)
            for place, layer in enumerate(stream)
        ]
        for prefix, part in parts:
            for name, layer in part.torch_names():
                yield f"{prefix}.{name}", layer
        if self.norm is not None:
            yield "IN", self.norm

    def get_config(self):
        return {
            **super().get_config(),
            "channels": self.channels,
            "instance_norm": self.instance_norm,
        }
