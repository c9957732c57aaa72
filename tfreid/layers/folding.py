"""Batch norm folded into the convolution before it: the same numbers by fewer operations.

At inference batch norm is a multiplication and an addition per channel, which the convolution's
weights and a bias can do as well. A layer that allows it names the attributes of its pairs of
convolution and batch norm in `FOLDABLE`; some may be None. (`NormalizedDense` folds itself; in
TF-slim's Inception TensorFlow fuses the two operations.)
"""

import contextlib

import tensorflow as tf


class _Shift(tf.keras.layers.Layer):
    """What folding leaves of batch norm: the addition of a vector float32[C] to [..., C]."""

    def __init__(self, shift, **kwargs):
        super().__init__(**kwargs)
        self.shift = tf.Variable(shift, trainable=False, name="shift")

    def call(self, inputs, training=False):
        return tf.nn.bias_add(inputs, tf.cast(self.shift, inputs.dtype))


@contextlib.contextmanager
def fold_batch_norm(network):
    """A context in which batch norm is folded into the weights of a network, as they are now.

    A function that is traced within stays folded, whatever the weights become afterwards. The
    network itself is left as it was, and can be trained on.

    In float32 embeddings move by rounding only. In mixed precision the folded weights would round
    to other 16-bit numbers, so there nothing is folded.

    Args:
      network: built model.

    Yields:
      What was put in place of weights and batch norms. A traced function needs its variables, and
      does not keep them alive.
    """
    swaps = _list_swaps(network)
    before = [vars(layer)[name] for layer, name, _ in swaps]
    try:
        for layer, name, part in swaps:
            vars(layer)[name] = part  # past Keras, which would list it among the network's parts
        yield [part for *_, part in swaps]
    finally:
        for (layer, name, _), part in zip(swaps, before):
            vars(layer)[name] = part


def _list_swaps(network):
    """Returns [(layer, name of its attribute, what folding puts there)]."""
    if tf.as_dtype(getattr(network, "compute_dtype", tf.float32)) != tf.float32:
        return []
    swaps = []
    for layer in getattr(network, "submodules", ()):
        for convolution, norm in getattr(layer, "FOLDABLE", ()):
            if getattr(layer, norm, None) is not None:
                swaps += _fold(layer, getattr(layer, convolution), norm)
    return swaps


def _fold(layer, convolution, name):
    norm = getattr(layer, name)
    scale = norm.gamma * tf.math.rsqrt(norm.moving_variance + norm.epsilon)
    shift = _Shift(norm.beta - norm.moving_mean * scale, name=norm.name)
    scaled = ["kernel", "bias"] if convolution.use_bias else ["kernel"]
    # Output channels are the last axis.
    parts = [tf.Variable(getattr(convolution, part) * scale, trainable=False) for part in scaled]
    return [
        (layer, name, shift),
        *((convolution, part, value) for part, value in zip(scaled, parts)),
    ]
