"""The strong baseline's network: one embedding per image."""

import tensorflow as tf

from tfreid.errors import InputError
from tfreid.layers.batch_norm import EPSILON, MOMENTUM, normalize_rows
from tfreid.models.backbones import find_backbone, make_backbone

BRANCH = "embedding"
_HALF_RANGE = 127.5  # of pixels: the input's [-1, 1] are [0, 255]


class Baseline(tf.keras.Model):
    """Of "Bag of Tricks and a Strong Baseline for Deep Person Re-identification" (CVPRW 2019).

    A backbone, global average pooling, and a batch norm, the neck (BNNeck, section 3.5): what is
    before it is compared by triplets, what is after it is classified, and is the embedding in the
    end. Without losses and classifier. `BaselineOptions` has the choices.

    Input: float[B, height, width, 3] in [-1, 1], of the size that it is built for.

    Args:
      options: `BaselineOptions`.
      height: rows of the images.
      width: columns of the images.
      **kwargs: of `tf.keras.Model`.
    """

    def __init__(self, options, height, width, **kwargs):
        super().__init__(name=kwargs.pop("name", "baseline"), **kwargs)
        self.options = options
        entry = find_backbone(options.backbone)
        self._scale = _HALF_RANGE / entry.pixel_deviation
        self._offset = (_HALF_RANGE - entry.pixel_mean) / entry.pixel_deviation
        self.backbone = make_backbone(options.backbone, height, width, options.last_stride)
        freeze(self.backbone, options.frozen_levels)
        self.dense = _make_dense(options.embedding_dim)
        self.neck = _make_neck()

    @property
    def embedding_dims(self):
        """{branch: size of its embedding}, 2048 in the paper."""
        return {BRANCH: self.options.embedding_dim or self.backbone.output_shape[-1]}

    def call(self, images, training=False):
        """Returns {"embedding": (before the neck, after it)}, both float32[B, D]."""
        maps = self.backbone(images * self._scale + self._offset, training=training)
        features = tf.reduce_mean(tf.cast(maps, tf.float32), axis=[1, 2])
        if self.dense is not None:
            features = self.dense(features)
        return {BRANCH: (features, normalize_rows(self.neck, features, training))}

    def embed(self, images):
        """Returns float32[B, D] of length 1: their Euclidean distance orders as the cosine does."""
        return tf.math.l2_normalize(self(images, training=False)[BRANCH][1], axis=1)


def make_baseline(options, height, width):
    """Returns a built `Baseline` for images of one size, with random weights.

    Raises:
      InputError: for levels to freeze that the backbone does not have.
    """
    network = Baseline(options, height, width)
    network(tf.zeros([1, height, width, 3]))
    return network


def freeze(backbone, levels):
    """Makes the layers of a keras-cv backbone up to 1 / 2**levels of the size untrainable.

    Their batch norms then use their moving statistics in training, too.

    Raises:
      InputError: where the backbone has no such level, or nothing after it.
    """
    if not levels:
        return
    ends = backbone.pyramid_level_inputs
    if f"P{levels}" not in ends or f"P{levels + 1}" not in ends:
        allowed = [name[1:] for name in ends if f"P{int(name[1:]) + 1}" in ends]
        raise InputError(f"frozen_levels={levels}: this backbone can keep 0, {', '.join(allowed)}.")
    for layer in backbone.layers:
        layer.trainable = False
        if layer.name == ends[f"P{levels}"]:
            return


def _make_dense(size):
    if not size:
        return None
    # Without a bias: neither distances nor the neck, which centers, would see it.
    return tf.keras.layers.Dense(
        size,
        use_bias=False,
        kernel_initializer="lecun_normal",
        dtype="float32",
        name="dense",
    )


def _make_neck():
    # Without a shift: the classifier's hyperplanes pass through the origin (section 3.5).
    return tf.keras.layers.BatchNormalization(
        center=False, epsilon=EPSILON, momentum=MOMENTUM, dtype="float32", name="neck"
    )
