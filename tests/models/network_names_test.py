"""Networks are recognized by the names and shapes of their tensors."""

import numpy as np
import pytest

from tfreid.models.network_names import guess_network


def make_resnet(depths, convolutions=3, conv2=(64, 64), first="conv1.weight"):
    """Returns arrays named as torchvision names the ones of a residual network."""
    arrays = {first: np.zeros((64, 3, 7, 7))}
    for stage, depth in enumerate(depths, start=1):
        for block in range(depth):
            for number in range(1, convolutions + 1):
                shape = (*conv2, 3, 3) if number == 2 else (8, 8, 1, 1)
                arrays[f"layer{stage}.{block}.conv{number}.weight"] = np.zeros(shape)
    return arrays


@pytest.mark.parametrize(
    "arrays, expected",
    [
        (make_resnet((2, 2, 2, 2), 2), "a ResNet-18"),
        (make_resnet((3, 4, 6, 3), 2), "a ResNet-34"),
        (make_resnet((3, 4, 6, 3)), "a ResNet-50"),
        (make_resnet((3, 4, 23, 3)), "a ResNet-101"),
        (make_resnet((3, 8, 36, 3)), "a ResNet-152"),
        (make_resnet((1, 1, 1, 1)), "a ResNet with (1, 1, 1, 1) bottlenecks"),
        (make_resnet((1, 2, 1, 1), 2), "a ResNet with (1, 2, 1, 1) basic blocks"),
        (make_resnet((3, 4, 6, 3), conv2=(128, 4)), "a ResNeXt-50 of 32 groups"),
        (
            make_resnet((3, 4, 6, 3), conv2=(128, 128)),
            "a ResNet-50 of another width (128 instead of 64)",
        ),
        (
            make_resnet((3, 4, 6, 3), first="conv1.0.weight"),
            "a ResNet-50-C or -D (three convolutions in the stem)",
        ),
        (
            {**make_resnet((3, 4, 6, 3)), "layer1.0.se.fc1.weight": np.zeros((4, 4, 1, 1))},
            "a SE-ResNet-50",
        ),
    ],
)
def test_residual_networks_are_told_apart(arrays, expected):
    assert guess_network(arrays) == expected


@pytest.mark.parametrize(
    "name, expected",
    [
        ("features.1.0.layer_scale", "a ConvNeXt"),
        ("stages.0.blocks.0.conv_dw.weight", "a ConvNeXt"),
        ("cls_token", "a Vision Transformer"),
        ("class_token", "a Vision Transformer"),
        ("layers.0.blocks.0.attn.relative_position_bias_table", "a Swin Transformer"),
        ("features.denseblock1.denselayer1.norm1.weight", "a DenseNet"),
        ("Mixed_5b.branch1x1.conv.weight", "an Inception network"),
        ("inception3a.branch1.conv.weight", "an Inception network"),
        ("features.1.0.block.0.0.weight", "an EfficientNet or MobileNet"),
        ("blocks.1.0.conv_pwl.weight", "an EfficientNet or MobileNet"),
        ("features.0.weight", "a VGG or AlexNet"),
        ("conv2.0.conv2a.0.conv1.weight", "an OSNet"),
    ],
)
def test_other_families_are_recognized_by_one_name(name, expected):
    assert guess_network({name: np.zeros(1)}) == expected


def test_unknown_networks_show_their_first_names():
    arrays = {name: np.zeros(1) for name in ("one", "two", "three", "four")}
    assert guess_network(arrays) == "an unknown network (its first tensors: one, two, three)"
    assert guess_network({}) == "an unknown network (its first tensors: none)"
