"""KVM-MN written a second time, in PyTorch: the side that our network's speed is held against."""

import torch
from torch import nn
from torch.nn import functional

# Channels of an Inception block: 1x1; 1x1 and 3x3; 1x1 and 3x3; 1x1 after pooling.
MIXED = (
    (64, 96, 128, 16, 32, 32),
    (128, 128, 192, 32, 96, 64),
    (192, 96, 208, 16, 48, 64),
    (160, 112, 224, 24, 64, 64),
    (128, 128, 256, 24, 64, 64),
    (112, 144, 288, 32, 64, 64),
    (256, 160, 320, 32, 128, 128),
)
_POOL_BEFORE = 2  # "Mixed_4b", with a pooling of stride 2 before it
_MAPS = ("Mixed_3b", "Mixed_3c", "Mixed_4b", "Mixed_4c", "Mixed_4d", "Mixed_4e", "Mixed_4f")


class Convolution(nn.Sequential):
    """Convolution, batch norm and ReLU."""

    def __init__(self, inputs, outputs, size=1, stride=1):
        super().__init__(
            nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False),
            nn.BatchNorm2d(outputs, eps=1e-3),
            nn.ReLU(inplace=True),
        )


class Mixed(nn.Module):
    """One Inception block."""

    def __init__(self, inputs, one, before2, two, before3, three, pooled):
        super().__init__()
        self.one = Convolution(inputs, one)
        self.two = nn.Sequential(Convolution(inputs, before2), Convolution(before2, two, 3))
        self.three = nn.Sequential(Convolution(inputs, before3), Convolution(before3, three, 3))
        self.pooled = nn.Sequential(nn.MaxPool2d(3, 1, 1), Convolution(inputs, pooled))

    def forward(self, x):
        return torch.cat([self.one(x), self.two(x), self.three(x), self.pooled(x)], dim=1)


def make_inception(final_endpoint):
    """Returns (Inception-V1 up to a map, its channels)."""
    layers = [Convolution(3, 64, 7, 2), nn.MaxPool2d(3, 2, 1), Convolution(64, 64)]
    layers += [Convolution(64, 192, 3), nn.MaxPool2d(3, 2, 1)]
    inputs = 192
    for index, sizes in enumerate(MIXED[: _MAPS.index(final_endpoint) + 1]):
        layers += [nn.MaxPool2d(3, 2, 1)] if index == _POOL_BEFORE else []
        layers.append(Mixed(inputs, *sizes))
        inputs = sizes[0] + sizes[2] + sizes[4] + sizes[5]
    return nn.Sequential(*layers), inputs


class Dense(nn.Module):
    """Product, batch norm over all rows, ReLU: [..., inputs] -> [..., outputs]."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.linear = nn.Linear(inputs, outputs, bias=False)
        self.norm = nn.BatchNorm1d(outputs, eps=1e-3)

    def forward(self, x):
        y = self.linear(x)
        return functional.relu(self.norm(y.flatten(0, -2))).view_as(y)


class TorchKvmMn(nn.Module):
    """Sets of images [S, 1 + M, 3, H, W] -> scores [S, M].

    Args:
      options: `KvmMnOptions`; the ablations are left out.
      locations: (rows, columns) of the backbone's map.
    """

    def __init__(self, options, locations):
        super().__init__()
        self.heads, self.dim, self.locations = options.num_heads, options.feature_dim, locations
        self.backbone, channels = make_inception(options.final_endpoint)
        self.features = Dense(channels, self.dim)
        self.register_buffer("position", encode_position(*locations, self.dim))
        self.key = Dense(self.dim, self.heads * options.key_dim)
        self.value = Dense(self.dim, self.heads * options.value_dim)
        self.fusion = Dense(self.heads * options.value_dim, options.attention_size)
        self.comparison = Dense(2 * options.attention_size, options.comparison_size)
        inputs = locations[0] * locations[1] * options.comparison_size
        self.hidden = Dense(inputs, options.score_size)
        self.score = nn.Linear(options.score_size, 1)

    def forward(self, sets):
        keys, values = self.memorize(sets.flatten(0, 1))
        keys, values = (part.unflatten(0, sets.shape[:2]) for part in (keys, values))
        query = (keys[:, :1], values[:, :1])
        return self.match(*query, keys[:, 1:], values[:, 1:])

    def memorize(self, images):
        """Returns keys and values of images, [B, heads, L, dim]."""
        features = self.features(self.backbone(images).flatten(2).transpose(1, 2)) + self.position
        return tuple(
            part(features).unflatten(2, (self.heads, -1)).transpose(1, 2)
            for part in (self.key, self.value)
        )

    def match(self, query_keys, query_values, keys, values):
        """Returns scores [S, G] of queries [S, 1, heads, L, dim] and gallery [S or 1, G, ...]."""
        own = self.fusion(attend(query_keys, query_keys, query_values))
        other = self.fusion(attend(query_keys, keys, values))
        both = torch.cat([own.expand_as(other), other], dim=-1)
        return self.score(self.hidden(self.comparison(both).flatten(2)))[..., 0]


def attend(references, keys, values):
    """Returns what the references' keys read: [S, G, L, heads * d_v]."""
    blocks = torch.broadcast_shapes(references.shape[:2], keys.shape[:2])
    parts = [part.expand(*blocks, -1, -1, -1) for part in (references, keys, values)]
    read = functional.scaled_dot_product_attention(*parts)
    return read.transpose(2, 3).flatten(3)


def encode_position(rows, columns, dim):
    """Returns [rows * columns, dim]: sines and cosines of column and row."""
    frequencies = 10000.0 ** (-torch.arange(dim // 4) / (dim // 4))

    def encode(count):
        angles = torch.arange(count)[:, None] * frequencies
        return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)

    across = encode(columns)[None].expand(rows, -1, -1)
    down = encode(rows)[:, None].expand(-1, columns, -1)
    return torch.cat([across, down], dim=-1).flatten(0, 1)
