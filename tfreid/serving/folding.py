"""Batch norm folded into the convolution before it: the same numbers by fewer operations.

At inference batch norm is a multiplication and an addition per channel, which the convolution's
weights and a bias can do as well. KVM-MN's own layers fold themselves (`NormalizedDense`); in
TF-slim's Inception TensorFlow fuses the two operations.
"""

import tensorflow as tf

from tfreid.layers.bottleneck import Bottleneck
from tfreid.layers.second_order_attention import SecondOrderNonLocalAttention
from tfreid.models.branches import Reduction
from tfreid.models.resnet import Stem

# Layer -> attributes of its (convolution, batch norm) pairs; some may be None.
_PAIRS = {
    Bottleneck: (
        ("conv1", "bn1"),
        ("conv2", "bn2"),
        ("conv3", "bn3"),
        ("projection", "projection_bn"),
    ),
    Stem: (("conv1", "bn1"),),
    Reduction: (("dense", "norm"),),
    SecondOrderNonLocalAttention: (("theta", "theta_norm"),),
}


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
    for layer in list(network._flatten_layers()):
        for convolution, norm in _PAIRS.get(type(layer), ()):
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
