"""Backbones of keras-cv, chosen by name: a table, and how an entry becomes a network.

Only keras-cv's generic classes are used. Its size-named ones, and its presets, ask the network for
a file even for random weights.
"""

import dataclasses
from collections.abc import Callable

from tfreid.errors import InputError
from tfreid.plugins import Catalogue
from tfreid.stack import load_keras_cv


@dataclasses.dataclass(frozen=True)
class Backbone:
    """A network that turns images into a map, as the table `BACKBONES` describes it.

    Another one is usable as soon as it is listed there: `BACKBONES["mine"] = Backbone(...)`.

    Attributes:
      make: function of (input_shape, last_stride) that returns a functional Keras model with random
        weights; input_shape is (height, width, 3), last_stride 1 or 2. Its `pyramid_level_inputs`,
        {"P3": layer's name, ...}, say which layer is the last at 1 / 2**3 of the image's size, and
        so on: where it can be frozen, and where attention can stand.
      pixel_mean: what its pretrained weights expect to be subtracted from pixels in [0, 255],
      pixel_deviation: and what by which the difference is to be divided.
      preset: keras-cv's name of its ImageNet weights; empty where there are none.
      weights: key of `WEIGHTS` of its ImageNet weights, in place of a preset; may be empty.
    """

    make: Callable
    pixel_mean: float = 0.0
    pixel_deviation: float = 255.0
    preset: str = ""
    weights: str = ""


def make_backbone(name, height, width, last_stride):
    """Returns a backbone for images of one size, with random weights.

    The size is fixed, since keras-cv pads a map of odd size differently where it is not known.

    Args:
      name: key of `BACKBONES`.
      height: rows of the images.
      width: columns of the images.
      last_stride: 2, or 1 for a last map of twice the rows and columns.

    Returns:
      A Keras model: float[B, height, width, 3], normalized -> [B, h, w, C]. Its batch norms have
      the library's momentum; keras-cv's ranges from 0.9 to 0.999.
    """
    import tensorflow as tf  # not for a table of names

    from tfreid.layers.batch_norm import MOMENTUM

    backbone = find_backbone(name).make((height, width, 3), last_stride)
    backbone.input_spec = None  # it may learn from smaller images, too
    for layer in backbone.submodules:
        if isinstance(layer, tf.keras.layers.BatchNormalization):
            layer.momentum = MOMENTUM
    return backbone


def find_backbone(name):
    """Returns an entry of `BACKBONES`.

    Raises:
      InputError: for an unknown name.
    """
    if name not in BACKBONES:
        raise InputError(f"backbone={name}: allowed values are {', '.join(BACKBONES)}.")
    return BACKBONES[name]


def lower_last_stride(strides):
    """Returns strides of which the last that is 2 has become 1."""
    strides = list(strides)
    # The last that is 2 need not be the last: EfficientNet's last stage has 1 of its own.
    strides[len(strides) - 1 - strides[::-1].index(2)] = 1
    return strides


def _describe_resnet(blocks, block_type="block", preset="", filters=(64, 128, 256, 512)):
    return _describe(
        "ResNetBackbone",
        "stackwise_strides",
        preset=preset,
        stackwise_filters=list(filters),
        stackwise_blocks=blocks,
        stackwise_strides=[1, 2, 2, 2],
        block_type=block_type,
    )


def _describe_efficientnet_lite(width, depth, weights=""):
    return _describe(
        "EfficientNetLiteBackbone",
        "stackwise_strides",
        # As its weights were learned: (x - 127) / 128.
        pixel_mean=127.0,
        pixel_deviation=128.0,
        stackwise_kernel_sizes=[3, 3, 5, 3, 5, 5, 3],
        stackwise_num_repeats=[1, 2, 2, 3, 3, 4, 1],
        stackwise_input_filters=[32, 16, 24, 40, 80, 112, 192],
        stackwise_output_filters=[16, 24, 40, 80, 112, 192, 320],
        stackwise_expansion_ratios=[1, 6, 6, 6, 6, 6, 6],
        stackwise_strides=[1, 2, 2, 2, 1, 2, 1],
        width_coefficient=width,
        depth_coefficient=depth,
        drop_connect_rate=0.0,
        weights=weights,
    )


def _describe_efficientnet_v2(name, filters, repeats, width=1.0, depth=1.0):
    return _describe(
        "EfficientNetV2Backbone",
        "stackwise_strides",
        preset=f"{name}_imagenet",
        stackwise_kernel_sizes=[3] * 6,
        stackwise_num_repeats=repeats,
        stackwise_input_filters=filters[:-1],
        stackwise_output_filters=filters[1:],
        stackwise_expansion_ratios=[1, 4, 4, 4, 6, 6],
        stackwise_squeeze_and_excite_ratios=[0, 0, 0, 0.25, 0.25, 0.25],
        stackwise_strides=[1, 2, 2, 2, 1, 2],
        stackwise_conv_types=["fused"] * 3 + ["unfused"] * 3,
        width_coefficient=width,
        depth_coefficient=depth,
        skip_connection_dropout=0.0,
    )


def _describe_efficientnet_v2_b(number, width, depth):
    filters, repeats = [32, 16, 32, 48, 96, 112, 192], [1, 2, 2, 3, 5, 8]
    return _describe_efficientnet_v2(f"efficientnetv2_b{number}", filters, repeats, width, depth)


def _describe_mobilenet_v3(size, expansion, filters, kernels, strides, has_se, swish_from):
    return _describe(
        "MobileNetV3Backbone",
        "stackwise_stride",
        preset=f"mobilenet_v3_{size}_imagenet",
        stackwise_expansion=expansion,
        stackwise_filters=filters,
        stackwise_kernel_size=kernels,
        stackwise_stride=strides,
        stackwise_se_ratio=[0.25 if se else None for se in has_se],
        stackwise_activation=["relu"] * swish_from + ["hard_swish"] * (len(filters) - swish_from),
    )


def _describe(
    kind, strides, preset="", pixel_mean=0.0, pixel_deviation=255.0, weights="", **arguments
):
    """Returns the `Backbone` that a class of keras-cv makes of arguments.

    Dropped connections are left out of the arguments' networks: Keras 2 draws them from a state
    that no checkpoint holds, so an interrupted run would not end in the same weights.
    """

    def make(input_shape, last_stride):
        models = load_keras_cv().models  # takes seconds, and loads TensorFlow
        changed = {strides: lower_last_stride(arguments[strides])} if last_stride == 1 else {}
        return getattr(models, kind)(
            include_rescaling=False, input_shape=input_shape, **{**arguments, **changed}
        )

    return Backbone(make, pixel_mean, pixel_deviation, preset, weights)


# Value of `--backbone` -> `Backbone`.
BACKBONES = Catalogue(
    # Ours, for CPUs: bottlenecks as in ResNet-50, fewer and a quarter as wide.
    resnet26_quarter=_describe_resnet([2, 2, 2, 2], filters=(16, 32, 64, 128)),
    # Ours, too: few layers, which leave it wide and a processor's matrix unit busy.
    resnet10=_describe_resnet([1, 1, 1, 1], "basic_block"),
    resnet18=_describe_resnet([2, 2, 2, 2], "basic_block"),
    resnet34=_describe_resnet([3, 4, 6, 3], "basic_block"),
    resnet50=_describe_resnet([3, 4, 6, 3], preset="resnet50_imagenet"),
    resnet101=_describe_resnet([3, 4, 23, 3]),
    efficientnet_lite0=_describe_efficientnet_lite(1.0, 1.0, "efficientnet_lite0_imagenet"),
    efficientnet_lite1=_describe_efficientnet_lite(1.0, 1.1),
    efficientnet_lite2=_describe_efficientnet_lite(1.1, 1.2),
    efficientnet_lite3=_describe_efficientnet_lite(1.2, 1.4),
    efficientnetv2_b0=_describe_efficientnet_v2_b(0, 1.0, 1.0),
    efficientnetv2_b1=_describe_efficientnet_v2_b(1, 1.0, 1.1),
    efficientnetv2_b2=_describe_efficientnet_v2_b(2, 1.1, 1.2),
    efficientnetv2_s=_describe_efficientnet_v2(
        "efficientnetv2_s", [24, 24, 48, 64, 128, 160, 256], [2, 4, 4, 6, 9, 15]
    ),
    mobilenet_v3_small=_describe_mobilenet_v3(
        "small",
        # The paper gives the products: 72 channels inside of 16, 88 of 24.
        [1, 72 / 16, 88 / 24, 4, 6, 6, 3, 3, 6, 6, 6],
        [16, 24, 24, 40, 40, 40, 48, 48, 96, 96, 96],
        [3, 3, 3, 5, 5, 5, 5, 5, 5, 5, 5],
        [2, 2, 1, 2, 1, 1, 1, 1, 2, 1, 1],
        [True, False, False] + [True] * 8,
        swish_from=3,
    ),
    mobilenet_v3_large=_describe_mobilenet_v3(
        "large",
        # Likewise: 200 and 184 of 80.
        [1, 4, 3, 3, 3, 3, 6, 2.5, 2.3, 2.3, 6, 6, 6, 6, 6],
        [16, 24, 24, 40, 40, 40, 80, 80, 80, 80, 112, 112, 160, 160, 160],
        [3, 3, 3, 5, 5, 5, 3, 3, 3, 3, 3, 3, 5, 5, 5],
        [1, 2, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1],
        [False] * 3 + [True] * 3 + [False] * 4 + [True] * 5,
        swish_from=6,
    ),
)
