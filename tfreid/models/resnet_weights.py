"""ImageNet weights for the ResNet-50 backbone, from torchvision's or timm's file."""

from tfreid.errors import InputError
from tfreid.models.torch_weights import load_torch_weights


def load_imagenet_weights(backbone, path):
    """Sets every variable of a backbone from a file of a ResNet-50.

    The classifier (`fc.*`) and PyTorch's batch counters in the file are not needed. Layers that the
    file does not know, such as SONA, keep their values. Either all is loaded or nothing.

    Args:
      backbone: a `DilatedResNet50` of width 1; built if it is not yet.
      path: torchvision's `.pth` or timm's `.safetensors`.

    Returns:
      The weights' origin, see `load_torch_weights`.

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
    cure = "torchvision's or timm's resnet50"
    return load_torch_weights(path, backbone.torch_names(), "ResNet-50 backbone", cure)
