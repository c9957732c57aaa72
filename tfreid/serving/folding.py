"""Batch norm folded into the convolution before it: the same numbers by fewer operations.

At inference batch norm is a multiplication and an addition per channel, which the convolution's
weights and a bias can do as well. A layer that allows it names the attributes of its pairs of
convolution and batch norm in `FOLDABLE`; some may be None. (`NormalizedDense` folds itself; in
TF-slim's Inception TensorFlow fuses the two operations.)
"""

import tensorflow as tf


class Shift(tf.keras.layers.Layer):
    """What folding leaves of batch norm: the addition of a vector float32[C] to [..., C]."""

    def __init__(self, shift, **kwargs):
        super().__init__(**kwargs)
        self.shift = tf.Variable(shift, trainable=False, name="shift")

    def call(self, inputs, training=False):
        return tf.nn.bias_add(inputs, tf.cast(self.shift, inputs.dtype))


def fold_batch_norm(network):
    """Folds batch norm into the weights of a network, which cannot be trained any more.

    In float32 embeddings move by rounding only. In mixed precision the folded weights would round
    to other 16-bit numbers, so there nothing is folded.

    Args:
      network: built model, changed in place.

    Returns:
      How many layers were folded.
    """
    if tf.as_dtype(network.compute_dtype) != tf.float32:
        return 0
    count = 0
    for layer in network.submodules:
        for convolution, norm in getattr(layer, "FOLDABLE", ()):
            if getattr(layer, norm, None) is not None:
                _fold(layer, getattr(layer, convolution), norm)
                count += 1
    return count


def _fold(layer, convolution, name):
    norm = getattr(layer, name)
    scale = norm.gamma * tf.math.rsqrt(norm.moving_variance + norm.epsilon)
    shift = norm.beta - norm.moving_mean * scale
    convolution.kernel.assign(convolution.kernel * scale)  # output channels are the last axis
    if convolution.use_bias:
        convolution.bias.assign(convolution.bias * scale)
    setattr(layer, name, Shift(shift, name=norm.name))
