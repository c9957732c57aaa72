"""Guesses from the names of its tensors which network a file of weights belongs to."""

import re

_RESIDUAL_NETWORKS = {
    (2, 2, 2, 2): "ResNet-18",
    (3, 4, 6, 3): "ResNet-34",
}
_BOTTLENECK_NETWORKS = {
    (2, 2, 2, 2): "ResNet-26",
    (3, 4, 6, 3): "ResNet-50",
    (3, 4, 23, 3): "ResNet-101",
    (3, 8, 36, 3): "ResNet-152",
}
# What only the tensors of one family are called, in torchvision or timm; the first hit counts.
_FAMILIES = (
    (r"relative_position_bias_table", "a Swin Transformer"),
    (r"(^|\.)(cls_token|class_token)$|\.attn\.qkv\.", "a Vision Transformer"),
    (r"conv_dw\.weight$|layer_scale$", "a ConvNeXt"),
    (r"denseblock\d", "a DenseNet"),
    (r"[Mm]ixed_\d|inception\d", "an Inception network"),
    (r"conv_pwl?\.|block\.\d\.\d\.weight$", "an EfficientNet or MobileNet"),
    (r"^features\.\d+\.weight$", "a VGG or AlexNet"),
    (r"^conv[1-5]\.\d+\.(conv2|conv2d)", "an OSNet"),
)


def guess_network(arrays):
    """Returns in words which network the tensors {name: array with a shape} seem to be."""
    if "layer1.0.conv1.weight" in arrays:
        return f"a {_guess_resnet(arrays)}"
    for pattern, family in _FAMILIES:
        if any(re.search(pattern, name) for name in arrays):
            return family
    return f"an unknown network (its first tensors: {', '.join(list(arrays)[:3]) or 'none'})"


def _guess_resnet(arrays):
    depths = tuple(_count_blocks(arrays, stage) for stage in (1, 2, 3, 4))
    if "layer1.0.conv3.weight" not in arrays:
        return _RESIDUAL_NETWORKS.get(depths, f"ResNet with {depths} basic blocks")
    name = _BOTTLENECK_NETWORKS.get(depths, f"ResNet with {depths} bottlenecks")
    if "conv1.0.weight" in arrays:
        return f"{name}-C or -D (three convolutions in the stem)"
    if "layer1.0.se.fc1.weight" in arrays:
        return f"SE-{name}"
    width, inputs = getattr(arrays.get("layer1.0.conv2.weight"), "shape", (64, 64))[:2]
    if inputs != width:
        return name.replace("ResNet", "ResNeXt") + f" of {width // max(inputs, 1)} groups"
    return name if width == 64 else f"{name} of another width ({width} instead of 64)"


def _count_blocks(arrays, stage):
    found = (re.match(rf"layer{stage}\.(\d+)\.conv1\.weight$", name) for name in arrays)
    return len({match.group(1) for match in found if match})
