"""SONA-Net: one embedding per image."""

import tensorflow as tf

from tfreid.errors import InputError
from tfreid.layers.batch_feature_erasing import BatchFeatureErasing
from tfreid.layers.dropblock_plus import DropBlockPlus
from tfreid.layers.second_order_attention import SecondOrderNonLocalAttention
from tfreid.models.resnet import STAGE_CHANNELS, DilatedResNet50, scale_channels
from tfreid.systems.sona_net.branches import GlobalBranch, LocalBranch
from tfreid.systems.sona_net.options import SonaNetOptions


class SonaNet(tf.keras.Model):
    """Second-order Non-local Attention Network (ICCV 2019), without losses and classifiers.

    A dilated ResNet-50 with SONA after some of its stages, then two branches on its map: global
    (average pooling) and local (bottleneck, drop, max pooling). `SonaNetOptions` has the choices.

    Input: float[B, H, W, 3], normalized as ImageNet is. The backbone's map is [H/8, W/8].

    Args:
      options: `SonaNetOptions`.
      seed: int, of the drop masks.
      **kwargs: of `tf.keras.Model`.
    """

    def __init__(self, options=None, seed=0, **kwargs):
        super().__init__(name=kwargs.pop("name", "sona_net"), **kwargs)
        self.options = options or SonaNetOptions()
        synchronized = self.options.sync_batch_norm
        self.backbone = DilatedResNet50(
            self.options.width_multiplier,
            self.options.stage3_dilation,
            self.options.stage4_dilation,
            after_stage={
                stage: self._make_attention(f"sona{stage}") for stage in self.options.sona_stages
            },
            synchronized=synchronized,
            name="backbone",
            dtype=self.dtype_policy,
        )
        self.global_branch = GlobalBranch(
            self.options.global_dim,
            self._make_branch_attention("global"),
            synchronized,
            name="global_branch",
            dtype=self.dtype_policy,
        )
        self.local_branch = LocalBranch(
            self.options.local_dim,
            make_drop(self.options, seed, self.dtype_policy),
            self._make_branch_attention("local"),
            synchronized,
            name="local_branch",
            dtype=self.dtype_policy,
        )

    @property
    def embedding_dims(self):
        """{branch: size of its embedding}, 512 and 1024 in the paper."""
        return {"global": self.options.global_dim, "local": self.options.local_dim}

    def call(self, images, training=False):
        """Returns {"global": float32[B, global_dim], "local": float32[B, local_dim]}."""
        features = self.backbone(images, training=training)
        return {
            "global": self.global_branch(features, training=training),
            "local": self.local_branch(features, training=training),
        }

    def embed(self, images):
        """Returns float32[B, global_dim + local_dim], both branches side by side (section 2.1)."""
        outputs = self(images, training=False)
        return tf.concat([outputs["global"], outputs["local"]], axis=1)

    def attention_maps(self, images):
        """Returns {name: float32[B, h, w, h, w]}, where each SONA layer looks.

        map[b, y, x] is the heat map of the position (y, x); it sums to one. Names are "stage2",
        "stage3", "stage4_global" and "stage4_local".
        """
        maps = {}
        features = self.backbone.stem(images, training=False)
        for number, blocks in enumerate(self.backbone.stages, start=1):
            for block in blocks:
                features = block(features, training=False)
            attention = self.backbone.after_stage.get(str(number))
            if attention is not None:
                maps[f"stage{number}"] = _unflatten(attention.attention(features), features)
                features = attention(features, training=False)
        for name, branch in (("global", self.global_branch), ("local", self.local_branch)):
            if branch.attention is not None:
                flat = branch.attention.attention(features)
                maps[f"stage4_{name}"] = _unflatten(flat, features)
        return maps

    def _make_branch_attention(self, branch):
        if self.options.sona_after_stage4 not in (branch, "both"):
            return None
        return self._make_attention(f"sona4_{branch}")

    def _make_attention(self, name):
        return SecondOrderNonLocalAttention(
            self.options.sona_reduction,
            self.options.sona_negative_slope,
            self.options.sona_identity_start,
            self.options.sync_batch_norm,
            name=name,
            dtype=self.dtype_policy,
        )


def make_drop(options, seed, dtype=None):
    """Returns the layer that `options.drop` names, or None for "none"."""
    if options.drop == "none":
        return None
    if options.drop == "batch_feature_erasing":
        return BatchFeatureErasing(options.erasing_height_ratio, seed, name="drop", dtype=dtype)
    return DropBlockPlus(
        options.drop_probability,
        options.drop_height,
        options.drop_width,
        seed,
        name="drop",
        dtype=dtype,
    )


def make_sona_net(options, height, width, seed=0):
    """Returns a built `SonaNet` for images of one size.

    Raises:
      InputError: where the block to drop does not fit into the map of that size, or SONA's
        reduction does not divide the channels it works on.
    """
    _check_block(options, height, width)
    _check_reduction(options)
    network = SonaNet(options, seed)
    network(tf.zeros([1, height, width, 3]))
    return network


def _check_block(options, height, width):
    """Raises `InputError` for a block to drop that is larger than the map."""
    rows, columns = compute_map_size(options, height, width)
    drops_blocks = options.drop in ("dropblock", "dropblock_plus")
    if drops_blocks and (options.drop_height > rows or options.drop_width > columns):
        raise InputError(
            f"--drop_height={options.drop_height} --drop_width={options.drop_width}: the feature "
            f"map of {height} x {width} images is only {rows} x {columns}; make the block smaller "
            "or the images larger."
        )


def _check_reduction(options):
    """Raises `InputError` for a reduction that leaves a rest of some SONA's channels."""
    stages = sorted(options.sona_stages) + [4] * (options.sona_after_stage4 != "none")
    for stage in stages:
        channels = scale_channels(STAGE_CHANNELS[stage - 1], options.width_multiplier)
        if channels % options.sona_reduction:
            allowed = [str(r) for r in range(1, 65) if channels % r == 0]
            raise InputError(
                f"--sona_reduction={options.sona_reduction}: does not divide the {channels} "
                f"channels of stage {stage}; give one of {', '.join(allowed)}."
            )


def compute_map_size(options, height, width):
    """Returns (h, w) of the backbone's last map: a dilated stage keeps its input's size."""
    halvings = 3 + (options.stage3_dilation == 1) + (options.stage4_dilation == 1)
    return -(-height // 2**halvings), -(-width // 2**halvings)


def _unflatten(attention, features):
    shape = tf.shape(features)
    return tf.reshape(attention, [shape[0], shape[1], shape[2], shape[1], shape[2]])
