"""SONA-Net written a second time, in PyTorch: the side that our network's speed is held against.

Independent of `tfreid.models`, and as a PyTorch user would write it. Only benchmarks load it, in
processes that have PyTorch; `torch_weights` gives it the weights of a Keras network.
"""

import torch
from torch import nn
from torch.nn import functional

BLOCKS = (3, 4, 6, 3)
CHANNELS = (256, 512, 1024, 2048)
WIDTHS = (64, 128, 256, 512)


class Bottleneck(nn.Module):
    """ResNet v1.5's: stride and dilation are the 3x3 convolution's."""

    def __init__(self, inputs, width, outputs, stride=1, dilation=1):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, dilation, dilation, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        return self.relu(self.bn3(self.conv3(y)) + shortcut)


class SecondOrderAttention(nn.Module):
    """x + p(softmax(cov(theta(x)) / sqrt(d)) g(x)), for x of [B, C, H, W]."""

    def __init__(self, channels, reduction, negative_slope):
        super().__init__()
        self.depth = channels // reduction
        self.theta = nn.Conv2d(channels, self.depth, 1, bias=False)
        self.theta_norm = nn.BatchNorm2d(self.depth)
        self.g = nn.Conv2d(channels, self.depth, 1)
        self.p = nn.Conv2d(self.depth, channels, 1)
        self.negative_slope = negative_slope

    def forward(self, x):
        theta = functional.leaky_relu(self.theta_norm(self.theta(x)), self.negative_slope)
        theta = theta.flatten(2)  # [B, d, HW]
        theta = theta - theta.mean(dim=1, keepdim=True)
        # 1 / d of the covariance (Eq. 1), then 1 / sqrt(d) below the softmax (Eq. 2).
        scores = torch.bmm(theta.transpose(1, 2), theta) * self.depth**-1.5
        attended = torch.bmm(self.g(x).flatten(2), scores.softmax(dim=-1).transpose(1, 2))
        return x + self.p(attended.unflatten(2, x.shape[2:]))


class DropBlock(nn.Module):
    """Zeroes random blocks of a map while training, its own for each image."""

    def __init__(self, share, height, width):
        super().__init__()
        self.share, self.height, self.width = share, height, width

    def forward(self, x):
        if not self.training or not self.share:
            return x
        rows, columns = x.shape[2] - self.height + 1, x.shape[3] - self.width + 1
        rate = self.share * x[0, 0].numel() / (self.height * self.width * rows * columns)
        starts = (torch.rand(len(x), 1, rows, columns, device=x.device) < rate).to(x.dtype)
        margins = [self.width - 1, self.width - 1, self.height - 1, self.height - 1]
        dropped = functional.max_pool2d(
            functional.pad(starts, margins), (self.height, self.width), stride=1
        )
        kept = 1 - dropped
        return x * (kept / kept.mean(dim=(1, 2, 3), keepdim=True).clamp_min(1e-6))


class Reduction(nn.Module):
    """Linear layer, batch norm and ReLU."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.dense = nn.Linear(inputs, outputs)
        self.norm = nn.BatchNorm1d(outputs)

    def forward(self, x):
        return functional.relu(self.norm(self.dense(x)))


class TorchSonaNet(nn.Module):
    """Images [B, 3, H, W] -> (global [B, global_dim], local [B, local_dim]).

    Args:
      options: `SonaNetOptions`; SONA after stage 4 and batch feature erasing are left out.
    """

    def __init__(self, options):
        super().__init__()

        def scale(channels):
            return max(8, 8 * round(channels * options.width_multiplier / 8))

        self.conv1 = nn.Conv2d(3, scale(64), 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(scale(64))
        self.stages, self.attentions = nn.ModuleList(), nn.ModuleDict()
        dilations = (1, 1, options.stage3_dilation, options.stage4_dilation)
        inputs = scale(64)
        for number, (blocks, width, outputs) in enumerate(zip(BLOCKS, WIDTHS, CHANNELS), start=1):
            dilation = dilations[number - 1]
            stride = 2 if number > 1 and dilation == 1 else 1
            stage = nn.Sequential()
            for index in range(blocks):
                first = index == 0
                # As torchvision has it: a stage's first block keeps the dilation before it.
                before = dilations[number - 2] if number > 1 and stride == 1 else 1
                stage.append(
                    Bottleneck(
                        inputs if first else scale(outputs),
                        scale(width),
                        scale(outputs),
                        stride if first else 1,
                        before if first else dilation,
                    )
                )
            inputs = scale(outputs)
            self.stages.append(stage)
            if number in options.sona_stages:
                self.attentions[str(number)] = SecondOrderAttention(
                    inputs, options.sona_reduction, options.sona_negative_slope
                )
        self.bottleneck = Bottleneck(inputs, inputs // 4, inputs)
        share = options.drop_probability if options.drop.startswith("dropblock") else 0.0
        self.drop = DropBlock(share, options.drop_height, options.drop_width)
        self.global_reduction = Reduction(inputs, options.global_dim)
        self.local_reduction = Reduction(inputs, options.local_dim)

    def forward(self, images):
        x = functional.relu(self.bn1(self.conv1(images)), inplace=True)
        x = functional.max_pool2d(x, 3, 2, 1)
        for number, stage in enumerate(self.stages, start=1):
            x = stage(x)
            if str(number) in self.attentions:
                x = self.attentions[str(number)](x)
        local = self.drop(self.bottleneck(x))
        return (
            self.global_reduction(x.mean(dim=(2, 3))),
            self.local_reduction(local.amax(dim=(2, 3))),
        )
