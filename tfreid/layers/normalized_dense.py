"""A dense layer with batch norm and ReLU: KVM-MN's phi(x W)."""

import tensorflow as tf

from tfreid.layers.joint_batch_norm import JointlyNormalized


@tf.keras.utils.register_keras_serializable("tfreid")
class NormalizedDense(JointlyNormalized):
    """phi(x W), with phi the ReLU after batch norm (KVM-MN, AAAI 2019, below equation 2).

    On a feature map it is a 1x1 convolution. Outside training batch norm is folded into W, so that
    it costs nothing per row.

    Input: [..., C], floating, or a tuple of such tensors, which batch norm then takes for one batch
    (see `JointBatchNorm`). Output: the same with `units` channels.

    Args:
      units: channels of the output, at least 1.
      normalize: whether batch norm follows; otherwise W comes with a bias.
      rectify: whether ReLU follows.
      **kwargs: of `JointlyNormalized`.

    Raises:
      ValueError: for units below 1.
    """

    def __init__(
        self,
        units,
        normalize=True,
        rectify=True,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if units < 1:
            raise ValueError(f"units is {units}; it must be at least 1.")
        self.units = units
        self.normalize = normalize
        self.rectify = rectify

    def build(self, input_shape):
        several = isinstance(input_shape[0], (tuple, list, tf.TensorShape))
        channels = (input_shape[0] if several else input_shape)[-1]
        self.kernel = self.add_weight(
            name="kernel", shape=(channels, self.units), initializer="glorot_uniform"
        )
        if self.normalize:
            self.norm = self.make_norm(self.units, self.dtype_policy)
        else:
            self.bias = self.add_weight(name="bias", shape=(self.units,), initializer="zeros")
        super().build(input_shape)

    def call(self, inputs, training=False):
        sides = inputs if isinstance(inputs, (tuple, list)) else (inputs,)
        if self.normalize and training:
            outputs = self.norm(
                tuple(multiply_rows(side, self.kernel) for side in sides), training=True
            )
            outputs = tuple(tf.nn.relu(side) if self.rectify else side for side in outputs)
        else:
            kernel, bias = self._fold()
            outputs = tuple(multiply_rows(side, kernel, bias, self.rectify) for side in sides)
        return outputs if isinstance(inputs, (tuple, list)) else outputs[0]

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "normalize": self.normalize,
            "rectify": self.rectify,
        }

    def _fold(self):
        """Returns (W, b) of inference: x W + b is what ReLU sees."""
        if not self.normalize:
            return self.kernel, self.bias
        scale, shift = self.norm.fold()
        return tf.cast(self.kernel, tf.float32) * scale, shift


def multiply_rows(x, kernel, bias=None, rectify=False):
    """Returns x W, plus a bias and rectified if wanted: [..., C] -> [..., units], x's dtype.

    It is one product of two matrices, with bias and ReLU where TensorFlow can fuse them into it.
    """
    channels, units = kernel.shape
    y = tf.reshape(x, [-1, channels]) @ tf.cast(kernel, x.dtype)
    y = y if bias is None else tf.nn.bias_add(y, tf.cast(bias, x.dtype))
    y = tf.nn.relu(y) if rectify else y
    y = tf.reshape(y, tf.concat([tf.shape(x)[:-1], [units]], axis=0))
    return tf.ensure_shape(y, [*x.shape[:-1], units])
