"""A network as quick as one can be with all that SONA-Net must keep, drop and share.

It has SONA-Net's layers and branches after one convolution, in place of the fifty of a ResNet.
"""

import dataclasses

import tensorflow as tf

from tfreid.layers.batch_feature_erasing import BatchFeatureErasing
from tfreid.layers.batch_norm import make_batch_norm
from tfreid.layers.dropblock_plus import DropBlockPlus
from tfreid.layers.second_order_attention import SecondOrderNonLocalAttention
from tfreid.options.fields import Checked, option
from tfreid.systems.sona_net.branches import GlobalBranch, LocalBranch


@dataclasses.dataclass(frozen=True)
class SmallOptions(Checked):
    """What the small network may differ in."""

    model: str = option("small", "System to build.", choices=("small",))
    global_dim: int = option(4, "Size of the global embedding.")
    local_dim: int = option(6, "Size of the local embedding.")
    drop: str = option("dropblock_plus", "What is dropped in the local branch.")
    drop_height: int = option(1, "Rows.")
    drop_width: int = option(1, "Columns.")
    sync_batch_norm: bool = option(False, "Whether replicas share their statistics.")


def make_drop(options, seed):
    if options.drop == "batch_feature_erasing":
        return BatchFeatureErasing(0.4, seed=seed)
    sides = options.drop_height, options.drop_width
    return None if options.drop == "none" else DropBlockPlus(0.1, *sides, seed=seed)


class SmallNetwork(tf.keras.Model):
    """All that SONA-Net has, with one convolution for a backbone."""

    def __init__(self, options, seed=0):
        super().__init__()
        synchronized = options.sync_batch_norm
        self.embedding_dims = {"global": options.global_dim, "local": options.local_dim}
        self.backbone = [
            tf.keras.layers.Conv2D(8, 7, strides=4),
            make_batch_norm("norm", synchronized),
            tf.keras.layers.ReLU(),
        ]
        self.attention = SecondOrderNonLocalAttention(
            identity_start=False, synchronized=synchronized
        )
        self.branches = {
            "global": GlobalBranch(options.global_dim, None, synchronized),
            "local": LocalBranch(options.local_dim, make_drop(options, seed), None, synchronized),
        }

    def call(self, images, training=False):
        for layer in self.backbone:
            images = layer(images, training=training)
        features = self.attention(images, training=training)
        return {name: branch(features, training=training) for name, branch in self.branches.items()}

    def embed(self, images):
        return tf.concat(list(self(images).values()), axis=1)
