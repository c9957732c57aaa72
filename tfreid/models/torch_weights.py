"""Tensors of a file in PyTorch's layout, into the variables of a Keras network."""

import os
import re
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from absl import logging

from tfreid.errors import InputError
from tfreid.models.network_names import guess_network
from tfreid.models.weight_files import compute_sha256, find_misfits, read_weight_file

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
_SHOWN = 5


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
    if isinstance(layer, tf.keras.layers.DepthwiseConv2D):
        yield f"{prefix}.weight", Target(layer.depthwise_kernel, _DEPTHWISE_KERNEL)
    elif hasattr(layer, "kernel"):
        order = _DENSE_KERNEL if layer.kernel.shape.rank == 2 else _KERNEL
        yield f"{prefix}.weight", Target(layer.kernel, order)
    for torch_name, keras_name in _VECTORS:
        if getattr(layer, keras_name, None) is not None:
            yield f"{prefix}.{torch_name}", Target(getattr(layer, keras_name), (0,))


def load_torch_weights(path, targets, network, cure):
    """Sets variables from a file of named tensors. Either all are set or none.

    Args:
      path: see `read_weight_file`; more tensors than are asked for may be in it.
      targets: {name: `Target`}.
      network: what the variables belong to, for messages, as in "ResNet-50 backbone".
      cure: which file to give instead of one that does not fit, for messages.

    Returns:
      The weights' origin: {"file": base name, "sha256": of the file, "format": see
      `read_weight_file`, "tensors": how many were loaded}.

    Raises:
      InputError: for a file that cannot be read, another network's file, or values that are not
        finite.
    """
    arrays, file_format = read_weight_file(path)
    digest = compute_sha256(path)
    _check_digest(path, digest)
    _check_fit(path, arrays, targets, network, cure)
    values = {name: _convert(path, name, arrays[name], targets[name].order) for name in targets}
    for name, target in targets.items():
        target.variable.assign(values[name])
    logging.info("Loaded %d tensors of a %s from %s.", len(values), network, path)
    return {
        "file": os.path.basename(path),
        "sha256": digest,
        "format": file_format,
        "tensors": len(values),
    }


def _check_digest(path, digest):
    """Raises `InputError` unless the hash that torchvision puts into a name is the content's."""
    match = re.search(r"-([0-9a-f]{8})\.pth$", os.path.basename(path))
    if match and not digest.startswith(match.group(1)):
        raise InputError(
            f"{path}: its SHA-256 begins with {digest[:8]}, not with {match.group(1)} as the name "
            "says; the file is damaged, download or copy it again."
        )


def _check_fit(path, arrays, targets, network, cure):
    """Raises `InputError` unless every variable has an array of its shape."""
    missing, wrong = find_misfits(
        {name: target.torch_shape for name, target in targets.items()},
        {name: array.shape for name, array in arrays.items()},
    )
    if not missing and not wrong:
        return
    shown = (missing + wrong)[:_SHOWN]
    raise InputError(
        f"{path}: does not fit the {network}, it seems to hold {guess_network(arrays)}: "
        f"{len(missing)} tensors are missing and {len(wrong)} have another shape ("
        f"{'; '.join(shown)}{'; ...' if len(missing) + len(wrong) > _SHOWN else ''}); give "
        f"{cure}."
    )


def _convert(path, name, array, order):
    """Returns an array as float32, its axes in Keras' order."""
    if not np.issubdtype(array.dtype, np.floating) or not np.isfinite(array).all():
        raise InputError(
            f"{path}: {name} does not hold finite floating-point numbers; the file is damaged "
            "or its training failed, use another one."
        )
    return array.astype(np.float32).transpose(order)
