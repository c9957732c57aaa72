"""SONA-Net: one embedding per image."""

import tensorflow as tf

from tfreid.errors import InputError
from tfreid.layers.second_order_attention import SecondOrderNonLocalAttention
from tfreid.models.resnet import DilatedResNet50
from tfreid.models.staged import StagedBackbone
from tfreid.systems.sona_net.branches import GlobalBranch, LocalBranch
from tfreid.systems.sona_net.drops import DROPS
from tfreid.systems.sona_net.options import THE_PAPERS, SonaNetOptions


class SonaNet(tf.keras.Model):
    """Second-order Non-local Attention Network (ICCV 2019), without losses and classifiers.

    A dilated ResNet-50 with SONA after some of its stages, then two branches on its map: global
    (average pooling) and local (bottleneck, drop, max pooling). `SonaNetOptions` has the choices,
    among them other backbones.

    Input: float[B, H, W, 3], normalized as ImageNet is. The backbone's map is [H/8, W/8], that of
    another backbone about [H/16, W/16].

    Args:
      options: `SonaNetOptions`.
      seed: int, of the drop masks.
      size: (H, W) of the images, which another backbone than the paper's is made for.
      statistics: how its input was normalized; see `StagedBackbone`.
      **kwargs: of `tf.keras.Model`.
    """

    def __init__(self, options=None, seed=0, size=None, statistics=None, **kwargs):
        super().__init__(name=kwargs.pop("name", "sona_net"), **kwargs)
        self.options = options or SonaNetOptions()
        synchronized = self.options.sync_batch_norm
        self.backbone = self._make_backbone(size, statistics)
        self.global_branch = GlobalBranch(
            self.options.global_dim,
            self._make_branch_attention("global"),
            synchronized,
            name="global_branch",
            dtype=self.dtype_policy,
        )
        self.local_branch = LocalBranch(
            self.options.local_dim,
            DROPS[self.options.drop].make(self.options, seed, name="drop", dtype=self.dtype_policy),
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
        maps, stages = {}, self.backbone.walk(images, training=False)
        for stage, layer in self.backbone.after_stage.items():
            before, _ = stages[int(stage) - 1]
            maps[f"stage{stage}"] = _unflatten(layer.attention(before), before)
        _, features = stages[-1]
        for name, branch in (("global", self.global_branch), ("local", self.local_branch)):
            if branch.attention is not None:
                flat = branch.attention.attention(features)
                maps[f"stage4_{name}"] = _unflatten(flat, features)
        return maps

    def _make_backbone(self, size, statistics):
        options = self.options
        sonas = {stage: self._make_attention(f"sona{stage}") for stage in options.sona_stages}
        common = {"after_stage": sonas, "name": "backbone", "dtype": self.dtype_policy}
        if options.backbone != THE_PAPERS:
            return StagedBackbone(options.backbone, *size, statistics, **common)
        return DilatedResNet50(
            options.width_multiplier,
            options.stage3_dilation,
            options.stage4_dilation,
            synchronized=options.sync_batch_norm,
            **common,
        )

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
            self.options.sona_scale,
            name=name,
            dtype=self.dtype_policy,
        )


def make_sona_net(options, height, width, seed=0, statistics=None):
    """Returns a built `SonaNet` for images of one size.

    Raises:
      InputError: where the backbone has no such stage, the block to drop does not fit into the map,
        or SONA's reduction does not divide the channels it works on.
    """
    network = SonaNet(options, seed, (height, width), statistics)
    # Before the first call, which would refuse the same in TensorFlow's words.
    _check_block(options, network.backbone, height, width)
    _check_reduction(options, network.backbone)
    network(tf.zeros([1, height, width, 3]))
    return network


def _check_block(options, backbone, height, width):
    """Raises `InputError` for a block to drop that is larger than the map."""
    _, rows, columns, _ = backbone.compute_output_shape([1, height, width, 3])
    drops_blocks = DROPS[options.drop].drops_blocks
    if drops_blocks and (options.drop_height > rows or options.drop_width > columns):
        raise InputError(
            f"drop_height={options.drop_height} drop_width={options.drop_width}: the feature "
            f"map of {height} x {width} images is only {rows} x {columns}; make the block smaller "
            "or the images larger."
        )


def _check_reduction(options, backbone):
    """Raises `InputError` for a reduction that leaves a rest of some SONA's channels."""
    stages = sorted(options.sona_stages) + [4] * (options.sona_after_stage4 != "none")
    for stage in stages:
        channels = backbone.count_channels(stage)
        if channels % options.sona_reduction:
            # Up to the flag's own maximum.
            allowed = [str(r) for r in range(1, 65) if channels % r == 0]
            raise InputError(
                f"sona_reduction={options.sona_reduction}: does not divide the {channels} "
                f"channels of stage {stage}; give one of {', '.join(allowed)}."
            )


def _unflatten(attention, features):
    shape = tf.shape(features)
    return tf.reshape(attention, [shape[0], shape[1], shape[2], shape[1], shape[2]])
