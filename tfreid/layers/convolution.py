"""Convolution, by default without bias, padded as PyTorch pads."""

import functools

import tensorflow as tf


@tf.keras.utils.register_keras_serializable("tfreid")
class SymmetricConv2D(tf.keras.layers.Conv2D):
    """Convolution that pads (kernel - 1) / 2 * dilation zeros on every side, whatever the stride.

    Keras' "same" pads more after the image than before it when the stride is 2 and the size even,
    so that weights learned with PyTorch would be applied one pixel off. Without a stride both are
    the same, and then the padding is left to the convolution, which needs no copy of its input.
    Dilated kernels are applied directly on GPUs, and on CPUs whose library, oneDNN, has their
    gradient; elsewhere Keras' way, by space-to-batch, which is slower.

    Shapes: [B, H, W, C] -> [B, ceil(H / strides), ceil(W / strides), filters].

    Args:
      filters: output channels.
      kernel_size: odd number; the kernel is square.
      strides: step of the output grid; not together with a dilation.
      dilation_rate: distance between the taps of the kernel.
      kernel_initializer: the default is torchvision's for ResNet: normal, variance 2 / fan_out.
      use_bias: whether to add one; a batch norm that follows makes it useless.
      **kwargs: of `tf.keras.layers.Conv2D`.

    Raises:
      ValueError: for an even kernel_size, or numbers that differ between the two directions.
    """

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        dilation_rate=1,
        kernel_initializer=None,
        use_bias=False,
        **kwargs,
    ):
        kwargs.pop("padding", None)  # Keras' config has it; here it follows from the rest
        size, stride, dilation = (
            _one_number(name, value)
            for name, value in (
                ("kernel_size", kernel_size),
                ("strides", strides),
                ("dilation_rate", dilation_rate),
            )
        )
        if size % 2 == 0:
            raise ValueError(f"kernel_size={size}: must be odd to be padded alike on both sides.")
        self.margin = (size - 1) // 2 * dilation
        pads_itself = stride > 1 and self.margin > 0
        super().__init__(
            filters,
            size,
            strides=stride,
            dilation_rate=dilation,
            padding="valid" if pads_itself else "same",
            kernel_initializer=kernel_initializer or make_he_fan_out(),
            use_bias=use_bias,
            **kwargs,
        )

    def convolution_op(self, inputs, kernel):
        """Pads, then convolves: the step that Keras' `call` leaves to be overridden."""
        if self.padding == "valid":
            sides = [self.margin, self.margin]
            inputs = tf.pad(inputs, [[0, 0], sides, sides, [0, 0]])
        elif max(self.dilation_rate) > 1 and learns_dilated(inputs.dtype):
            return tf.nn.conv2d(inputs, kernel, 1, "SAME", dilations=self.dilation_rate)
        return super().convolution_op(inputs, kernel)

    def compute_output_shape(self, input_shape):
        batch, height, width, _ = tf.TensorShape(input_shape).as_list()
        stride = self.strides[0]
        sizes = [None if size is None else -(-size // stride) for size in (height, width)]
        return tf.TensorShape([batch, *sizes, self.filters])


def halve_by_maximum(x):
    """Returns the 3x3 max-pool of stride 2 of a map, padded as PyTorch pads."""
    # By the least number: with zeros a border of negative values would become 0.
    x = tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], constant_values=x.dtype.min)
    return tf.nn.max_pool2d(x, ksize=3, strides=2, padding="VALID")


def learns_dilated(dtype):
    """Returns whether TensorFlow's own dilated convolution can be learned here, in that dtype.

    On a GPU it can: cuDNN has it and its gradients. Work that is placed on the CPU beside one is
    not told apart.
    """
    return bool(tf.config.get_visible_devices("GPU")) or cpu_learns_dilated(dtype)


@functools.cache
def cpu_learns_dilated(dtype):
    """Returns the same for this machine's CPUs.

    It is tried once. With oneDNN it can (and is faster); without it, it has no gradient.
    """
    with tf.init_scope(), tf.device("CPU:0"):
        images, kernel = tf.ones([1, 5, 6, 4], dtype), tf.ones([3, 3, 4, 4], dtype)
        how = {"strides": [1, 1, 1, 1], "dilations": [1, 2, 2, 1], "padding": "SAME"}
        try:  # the gradients' own ops: no tape records within init_scope
            tf.raw_ops.Conv2DBackpropInput(
                input_sizes=images.shape, filter=kernel, out_backprop=images, **how
            )
            tf.raw_ops.Conv2DBackpropFilter(
                input=images, filter_sizes=kernel.shape, out_backprop=images, **how
            )
        except tf.errors.OpError:
            return False
    return True


def make_he_fan_out():
    """Returns He's normal initializer by fan-out: torchvision's start of a ResNet."""
    return tf.keras.initializers.VarianceScaling(2.0, "fan_out", "untruncated_normal")


def make_torch_default():
    """Returns PyTorch's own start of a convolution: uniform within 1 / sqrt(fan_in).

    PyTorch calls it kaiming_uniform with a = sqrt(5). Added layers that their authors left alone,
    such as the local branch's bottleneck, start so.
    """
    return tf.keras.initializers.VarianceScaling(1.0 / 3.0, "fan_in", "uniform")


def _one_number(name, value):
    """Returns the one number of `3`, `(3, 3)` or `[3, 3]`, as Keras' configs store it."""
    numbers = set(value) if isinstance(value, (tuple, list)) else {value}
    if len(numbers) != 1:
        raise ValueError(f"{name}={value}: must be the same in both directions.")
    return numbers.pop()
