"""Backbones, and the readers of their pretrained weights."""

from tfreid.lazy import offer

# Late: each brings a library of its own (keras-cv, tf-slim), and one network needs one of them.
_HOMES = {
    "BACKBONES": "backbones",
    "Backbone": "backbones",
    "DilatedResNet50": "resnet",
    "InceptionV1": "inception",
    "StagedBackbone": "staged",
    "load_efficientnet_lite_weights": "backbone_weights",
    "load_imagenet_weights": "resnet",
    "load_slim_checkpoint": "inception_weights",
    "make_backbone": "backbones",
    "read_weight_file": "weight_files",
}

__getattr__, __dir__, __all__ = offer(__name__, _HOMES)
