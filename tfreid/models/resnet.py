"""Dilated ResNet-50 v1.5: the backbone of SONA-Net."""

import tensorflow as tf

from tfreid.errors import InputError
from tfreid.layers.batch_norm import make_batch_norm
from tfreid.layers.bottleneck import Bottleneck, build_chain
from tfreid.layers.convolution import SymmetricConv2D, halve_by_maximum
from tfreid.models.staged import Stages
from tfreid.models.torch_weights import load_torch_weights

STEM_CHANNELS = 64
STAGE_CHANNELS = (256, 512, 1024, 2048)
STAGE_WIDTHS = (64, 128, 256, 512)
STAGE_BLOCKS = (3, 4, 6, 3)


def scale_channels(channels, multiplier):
    """Returns channels * multiplier, rounded to a multiple of 8, at least 8."""
    return max(8, 8 * round(channels * multiplier / 8))


@tf.keras.utils.register_keras_serializable("tfreid")
class Stem(tf.keras.layers.Layer):
    """7x7 convolution, batch norm, ReLU and 3x3 max-pool, each of stride 2.

    Shapes: [B, H, W, 3] -> [B, ceil(H / 4), ceil(W / 4), channels].

    Args:
      channels: output channels.
      synchronized: whether batch norm uses the statistics of all replicas.
      **kwargs: of `tf.keras.layers.Layer`.
    """

    FOLDABLE = (("conv1", "bn1"),)

    def __init__(self, channels=STEM_CHANNELS, synchronized=False, **kwargs):
        super().__init__(**kwargs)
        self.channels = channels
        self.synchronized = synchronized
        self.conv1 = SymmetricConv2D(channels, 7, strides=2, name="conv1", dtype=self.dtype_policy)
        self.bn1 = make_batch_norm("bn1", synchronized, dtype=self.dtype_policy)

    def build(self, input_shape):
        build_chain([self.conv1, self.bn1], input_shape)
        super().build(input_shape)

    def call(self, inputs, training=None):
        return halve_by_maximum(tf.nn.relu(self.bn1(self.conv1(inputs), training=training)))

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = self.conv1.compute_output_shape(input_shape).as_list()
        halves = [None if size is None else -(-size // 2) for size in (height, width)]
        return tf.TensorShape([batch, *halves, channels])

    def get_config(self):
        return {
            **super().get_config(),
            "channels": self.channels,
            "synchronized": self.synchronized,
        }


@tf.keras.utils.register_keras_serializable("tfreid")
class DilatedResNet50(Stages):
    """ResNet-50 v1.5 whose last two stages may keep the map size of stage 2.

    Stages 1-4 are conv2_x-conv5_x ("Deep residual learning", Table 1) in torchvision's version, so
    that its ImageNet weights fit exactly: stride in the 3x3 convolution, no biases, symmetric
    padding, batch-norm epsilon 1e-5.

    A dilation of 1 leaves a stage as it is: stride 2, not dilated. A greater one replaces the
    stride. As in torchvision and DeepLab the first block of a dilated stage still has the dilation
    of the stage before: with dilations (2, 4), every 4th row and column of the output is then
    exactly the output of the original network, which is what the ImageNet weights were learned
    for.

    Shapes: [B, H, W, 3] -> [B, ceil(H / 8), ceil(W / 8), 2048 * width_multiplier] at the default
    dilations; 384x128 images give 48x16 maps after the stages 2, 3 and 4. Each dilation of 1 halves
    height and width once more. B, H and W may be unknown. The output has the compute dtype.

    Without loaded weights the blocks start as their shortcuts (see `Bottleneck`).

    Args:
      width_multiplier: scales every channel count; each is rounded to a multiple of 8, at least 8.
      stage3_dilation: dilation of stage 3, or 1 for its original stride.
      stage4_dilation: dilation of stage 4, or 1 for its original stride.
      after_stage: see `Stages`.
      synchronized: whether batch norm uses the statistics of all replicas.
      **kwargs: of `tf.keras.layers.Layer`.

    Raises:
      ValueError: for a multiplier or dilation out of range, or a stage that does not exist.
    """

    def __init__(
        self,
        width_multiplier=1.0,
        stage3_dilation=2,
        stage4_dilation=4,
        after_stage=None,
        synchronized=False,
        **kwargs,
    ):
        super().__init__(after_stage, **kwargs)
        if width_multiplier <= 0 or stage3_dilation < 1 or stage4_dilation < 1:
            raise ValueError(
                f"width_multiplier={width_multiplier}, stage3_dilation={stage3_dilation}, "
                f"stage4_dilation={stage4_dilation}: the first must be above 0, the others at "
                "least 1."
            )
        self.width_multiplier = width_multiplier
        self.stage3_dilation = stage3_dilation
        self.stage4_dilation = stage4_dilation
        self.synchronized = synchronized
        self.stem = Stem(
            scale_channels(STEM_CHANNELS, width_multiplier),
            synchronized,
            name="stem",
            dtype=self.dtype_policy,
        )
        self.stages = [self._make_stage(stage) for stage in (1, 2, 3, 4)]

    def build(self, input_shape):
        shape = build_chain([self.stem], input_shape)
        for number, blocks in enumerate(self.stages, start=1):
            shape = build_chain(blocks, shape)
            if str(number) in self.after_stage:
                build_chain([self.after_stage[str(number)]], shape)
        super().build(input_shape)

    def call(self, inputs, training=None):
        return self.walk(inputs, training)[-1][1]

    def call_stage(self, number, x, training=None):
        x = self.stem(x, training=training) if number == 1 else x
        for block in self.stages[number - 1]:
            x = block(x, training=training)
        return x

    def count_channels(self, stage):
        return self.stages[stage - 1][-1].channels

    def load_weights(self, path):
        """Loads torchvision's or timm's ResNet-50; returns facts, see `load_imagenet_weights`."""
        return load_imagenet_weights(self, path)

    def compute_output_shape(self, input_shape):
        shape = self.stem.compute_output_shape(input_shape)
        for blocks in self.stages:
            for block in blocks:
                shape = block.compute_output_shape(shape)
        return shape

    def get_config(self):
        return {
            **super().get_config(),
            "width_multiplier": self.width_multiplier,
            "stage3_dilation": self.stage3_dilation,
            "stage4_dilation": self.stage4_dilation,
            "synchronized": self.synchronized,
        }

    def torch_names(self):
        """Yields (torchvision's prefix, such as "layer1.0.conv1", layer); must be built."""
        yield "conv1", self.stem.conv1
        yield "bn1", self.stem.bn1
        for number, blocks in enumerate(self.stages, start=1):
            for index, block in enumerate(blocks):
                for name, layer in block.torch_names():
                    yield f"layer{number}.{index}.{name}", layer

    def _make_stage(self, number):
        """Returns the bottlenecks of stage 1, 2, 3 or 4."""
        dilations = (1, 1, self.stage3_dilation, self.stage4_dilation)
        dilation = dilations[number - 1]
        strides = 1 if number == 1 or dilation > 1 else 2
        first = dilations[number - 2] if number > 1 and strides == 1 else 1
        return [
            Bottleneck(
                scale_channels(STAGE_CHANNELS[number - 1], self.width_multiplier),
                scale_channels(STAGE_WIDTHS[number - 1], self.width_multiplier),
                strides=strides if index == 0 else 1,
                dilation=first if index == 0 else dilation,
                synchronized=self.synchronized,
                identity_start=True,
                name=f"stage{number}_block{index + 1}",
                dtype=self.dtype_policy,
            )
            for index in range(STAGE_BLOCKS[number - 1])
        ]


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
