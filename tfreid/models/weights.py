"""ImageNet weights for the ResNet-50 backbone, from torchvision's or timm's file."""

import os
import re

import numpy as np
from absl import logging

from tfreid.errors import InputError
from tfreid.models.network_names import guess_network
from tfreid.models.weight_files import compute_sha256, read_weight_file

# PyTorch's name of a batch-norm tensor -> Keras' name of the variable.
_BATCH_NORM = {
    "weight": "gamma",
    "bias": "beta",
    "running_mean": "moving_mean",
    "running_var": "moving_variance",
}
_SHOWN = 5


def load_imagenet_weights(backbone, path):
    """Sets every variable of a backbone from a file of a ResNet-50.

    The classifier (`fc.*`) and PyTorch's batch counters in the file are not needed. Layers that the
    file does not know, such as SONA, keep their values. Either all is loaded or nothing.

    Args:
      backbone: a `DilatedResNet50` of width 1; built if it is not yet.
      path: torchvision's `.pth` (needs torch) or timm's `.safetensors`.

    Returns:
      The weights' origin: {"file": base name, "sha256": of the file, "format": "torchvision .pth"
      or "timm .safetensors", "tensors": how many were loaded}.

    Raises:
      InputError: for a file that cannot be read, another network's file, values that are not
        finite, or a backbone of another width.
    """
    if backbone.width_multiplier != 1:
        raise InputError(
            f"{path}: ImageNet weights fit width_multiplier=1 only, not "
            f"{backbone.width_multiplier:g}; leave out the weights, or the width multiplier."
        )
    if not backbone.built:
        backbone.build((None, None, None, 3))
    arrays, file_format = read_weight_file(path)
    digest = compute_sha256(path)
    _check_digest(path, digest)
    variables = dict(_list_variables(backbone))
    _check_fit(path, arrays, variables)
    values = {name: _convert(path, name, arrays[name]) for name in variables}
    for name, variable in variables.items():
        variable.assign(values[name])
    logging.info("Loaded %d tensors of a ResNet-50 from %s.", len(values), path)
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


def _list_variables(backbone):
    """Yields (name in PyTorch, variable) for everything that the file must hold."""
    for prefix, layer in backbone.torch_names():
        if hasattr(layer, "kernel"):
            yield f"{prefix}.weight", layer.kernel
            continue
        for torch_name, keras_name in _BATCH_NORM.items():
            yield f"{prefix}.{torch_name}", getattr(layer, keras_name)


def _check_fit(path, arrays, variables):
    """Raises `InputError` unless every variable has an array of its shape."""
    missing = [name for name in variables if name not in arrays]
    wrong = [
        f"{name} {arrays[name].shape} instead of {_shape_in_torch(variable)}"
        for name, variable in variables.items()
        if name in arrays and arrays[name].shape != _shape_in_torch(variable)
    ]
    if not missing and not wrong:
        return
    shown = (missing + wrong)[:_SHOWN]
    raise InputError(
        f"{path}: does not fit the ResNet-50 backbone, it seems to hold {guess_network(arrays)}: "
        f"{len(missing)} tensors are missing and {len(wrong)} have another shape ("
        f"{'; '.join(shown)}{'; ...' if len(missing) + len(wrong) > _SHOWN else ''}); give "
        "torchvision's or timm's resnet50."
    )


def _shape_in_torch(variable):
    shape = tuple(variable.shape)
    return (shape[3], shape[2], shape[0], shape[1]) if len(shape) == 4 else shape


def _convert(path, name, array):
    """Returns an array as float32, kernels from [out, in, rows, columns] to Keras' order."""
    if not np.issubdtype(array.dtype, np.floating) or not np.isfinite(array).all():
        raise InputError(
            f"{path}: {name} does not hold finite floating-point numbers; the file is damaged "
            "or its training failed, use another one."
        )
    array = array.astype(np.float32)
    return array.transpose(2, 3, 1, 0) if array.ndim == 4 else array
