"""Tensors of a file in PyTorch's layout, into the variables of a Keras network."""

import os
import re
from typing import NamedTuple

import tensorflow as tf

from tfreid.errors import InputError
from tfreid.files import compute_sha256
from tfreid.models.weight_files import (
    check_fit,
    describe_origin,
    read_weight_file,
    take_floats,
)

# PyTorch's name of a layer's vector, Keras' name of the variable. A layer has some of them.
_VECTORS = (
    ("weight", "gamma"),
    ("bias", "beta"),
    ("bias", "bias"),
    ("running_mean", "moving_mean"),
    ("running_var", "moving_variance"),
)
_KERNEL = (2, 3, 1, 0)  # Keras' order of the axes of PyTorch's [out, in, rows, columns]
_DEPTHWISE_KERNEL = (2, 3, 0, 1)
_DENSE_KERNEL = (1, 0)


class Target(NamedTuple):
    """A variable, and the order in which it has the axes of its tensor in the file."""

    variable: tf.Variable
    order: tuple

    @property
    def torch_shape(self):
        """The shape that the tensor must have."""
        sizes = dict(zip(self.order, self.variable.shape))
        return tuple(sizes[axis] for axis in sorted(sizes))


def list_targets(prefix, layer):
    """Yields (name in PyTorch, `Target`) of a layer's kernel and bias, or of a norm's vectors."""
    # First: it is a convolution, too, whose kernel has another name and order of axes.
    if isinstance(layer, tf.keras.layers.DepthwiseConv2D):
        yield f"{prefix}.weight", Target(layer.depthwise_kernel, _DEPTHWISE_KERNEL)
    elif hasattr(layer, "kernel"):
        order = _DENSE_KERNEL if layer.kernel.shape.rank == 2 else _KERNEL
        yield f"{prefix}.weight", Target(layer.kernel, order)
    for torch_name, keras_name in _VECTORS:
        if getattr(layer, keras_name, None) is not None:
            yield f"{prefix}.{torch_name}", Target(getattr(layer, keras_name), (0,))


def load_torch_weights(path, layers, network, cure):
    """Sets the variables of layers from a file of named tensors. Either all are set or none.

    Args:
      path: see `read_weight_file`; more tensors than are asked for may be in it.
      layers: (prefix of its tensors in the file, layer) of each layer that has weights.
      network: what the variables belong to, for messages, as in "ResNet-50 backbone".
      cure: which file to give instead of one that does not fit, for messages.

    Returns:
      The weights' origin, see `describe_origin`.

    Raises:
      InputError: for a file that cannot be read, another network's file, or values that are not
        finite.
    """
    targets = dict(item for prefix, layer in layers for item in list_targets(prefix, layer))
    arrays, file_format = read_weight_file(path)
    digest = compute_sha256(path)
    _check_digest(path, digest)
    wanted = {name: target.torch_shape for name, target in targets.items()}
    found = {name: array.shape for name, array in arrays.items()}
    check_fit(path, f"the {network}", wanted, found, f"give {cure}")
    # All are looked at before the first is set.
    values = {name: take_floats(path, name, arrays[name]) for name in targets}
    for name, target in targets.items():
        target.variable.assign(values[name].transpose(target.order))
    return describe_origin(path, file_format, len(values), digest)


def _check_digest(path, digest):
    """Raises `InputError` unless the hash that torchvision puts into a name is the content's."""
    match = re.search(r"-([0-9a-f]{8})\.pth$", os.path.basename(path))
    if match and not digest.startswith(match.group(1)):
        raise InputError(
            f"{path}: its SHA-256 begins with {digest[:8]}, not with {match.group(1)} as the name "
            "says; the file is damaged, download or copy it again."
        )
