"""The bottleneck block of ResNet-50 v1.5."""

import tensorflow as tf

from tfreid.layers.batch_norm import make_batch_norm
from tfreid.layers.convolution import SymmetricConv2D, make_he_fan_out


@tf.keras.utils.register_keras_serializable("tfreid")
class Bottleneck(tf.keras.layers.Layer):
    """1x1, 3x3 and 1x1 convolutions around a shortcut ("Deep residual learning", Figure 5 right).

    This is version 1.5, torchvision's: the stride sits in the 3x3 convolution. Each convolution is
    followed by batch norm; ReLU comes after the first two and after the addition. The shortcut is
    the input itself, or, where its shape differs from the output's, a 1x1 convolution with batch
    norm.

    Shapes: [B, H, W, C] -> [B, ceil(H / strides), ceil(W / strides), channels].

    Args:
      channels: output channels.
      width: channels of the 3x3 convolution; ResNet-50 has a quarter of `channels`.
      strides: 1 or 2.
      dilation: dilation of the 3x3 convolution; not together with a stride.
      kernel_initializer: initializer of the convolutions; by default He's normal by fan-out.
      synchronized: whether batch norm uses the statistics of all replicas.
      identity_start: whether the last batch norm's scale starts at zero, so that the block starts
        as its shortcut: a deep network then learns from random weights without a slow start
        ("Accurate, Large Minibatch SGD", Goyal et al., 2017). Loaded weights replace it.
      **kwargs: of `tf.keras.layers.Layer`.

    Raises:
      ValueError: for a number below 1, a stride together with a dilation or, when built, channels
        of the input that are not known.
    """

    FOLDABLE = (
        ("conv1", "bn1"),
        ("conv2", "bn2"),
        ("conv3", "bn3"),
        ("projection", "projection_bn"),
    )

    def __init__(
        self,
        channels,
        width,
        strides=1,
        dilation=1,
        kernel_initializer=None,
        synchronized=False,
        identity_start=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if min(channels, width, strides, dilation) < 1:
            raise ValueError(
                f"channels={channels}, width={width}, strides={strides}, dilation={dilation}: "
                "all must be at least 1."
            )
        if strides > 1 and dilation > 1:
            raise ValueError(f"strides={strides} and dilation={dilation}: only one may exceed 1.")
        self.channels = channels
        self.width = width
        self.strides = strides
        self.dilation = dilation
        self.synchronized = synchronized
        self.identity_start = identity_start
        self.kernel_initializer = tf.keras.initializers.get(kernel_initializer or make_he_fan_out())
        self.conv1, self.bn1 = self._make_pair("1", width, 1)
        self.conv2, self.bn2 = self._make_pair("2", width, 3, strides, dilation)
        gamma = "zeros" if identity_start else "ones"
        self.conv3, self.bn3 = self._make_pair("3", channels, 1, gamma_initializer=gamma)
        self.projection, self.projection_bn = None, None

    def build(self, input_shape):
        batch, height, width, channels = tf.TensorShape(input_shape).as_list()
        if channels is None:
            raise ValueError(f"{self.name}: the channels of the input {input_shape} must be known.")
        shape = [batch, height, width, channels]
        if self.strides != 1 or channels != self.channels:
            self.projection, self.projection_bn = self._make_pair(
                "_projection", self.channels, 1, self.strides
            )
            build_chain([self.projection, self.projection_bn], shape)
        build_chain([self.conv1, self.bn1, self.conv2, self.bn2, self.conv3, self.bn3], shape)
        super().build(input_shape)

    def call(self, inputs, training=None):
        x = tf.nn.relu(self.bn1(self.conv1(inputs), training=training))
        x = tf.nn.relu(self.bn2(self.conv2(x), training=training))
        x = self.bn3(self.conv3(x), training=training)
        shortcut = inputs
        if self.projection is not None:
            shortcut = self.projection_bn(self.projection(inputs), training=training)
        return tf.nn.relu(x + shortcut)

    def compute_output_shape(self, input_shape):
        return self.conv3.compute_output_shape(self.conv2.compute_output_shape(input_shape))

    def get_config(self):
        return {
            **super().get_config(),
            "channels": self.channels,
            "width": self.width,
            "strides": self.strides,
            "dilation": self.dilation,
            "kernel_initializer": tf.keras.initializers.serialize(self.kernel_initializer),
            "synchronized": self.synchronized,
            "identity_start": self.identity_start,
        }

    def torch_names(self):
        """Returns (PyTorch's name of the part, layer) pairs; the block must be built."""
        names = [
            (f"{kind}{i}", getattr(self, f"{kind}{i}"))
            for i in (1, 2, 3)
            for kind in ("conv", "bn")
        ]
        if self.projection is not None:
            names += [("downsample.0", self.projection), ("downsample.1", self.projection_bn)]
        return names

    def _make_pair(self, suffix, channels, size, strides=1, dilation=1, gamma_initializer="ones"):
        """Returns a convolution and its batch norm, neither built."""
        convolution = SymmetricConv2D(
            channels,
            size,
            strides,
            dilation,
            kernel_initializer=copy_initializer(self.kernel_initializer),
            name=f"conv{suffix}",
            dtype=self.dtype_policy,
        )
        norm = make_batch_norm(
            f"bn{suffix}", self.synchronized, gamma_initializer, dtype=self.dtype_policy
        )
        return convolution, norm


def build_chain(layers, input_shape):
    """Builds layers that follow one another, each in its name scope; returns the last shape.

    Layers that were called or built before are left as they are.
    """
    shape = tf.TensorShape(input_shape)
    for layer in layers:
        if not layer.built:
            with tf.name_scope(layer.name):
                layer.build(shape)
        shape = tf.TensorShape(layer.compute_output_shape(shape))
    return shape


def copy_initializer(initializer):
    """Returns a new initializer: Keras draws the same numbers twice from a shared unseeded one."""
    return type(initializer).from_config(initializer.get_config())
