"""OSNet's network: one embedding per image."""

import tensorflow as tf

from tfreid.layers.batch_norm import make_batch_norm, normalize_rows
from tfreid.layers.convolution import halve_by_maximum
from tfreid.models.torch_weights import load_torch_weights
from tfreid.systems.osnet.blocks import AFTER_SUM, INSIDE_RESIDUAL, ConvNorm, OmniScaleBlock
from tfreid.systems.osnet.options import AIN, IBN, PLAIN

BRANCH = "embedding"
DIM = 512
_MULTIPLES = (4, 6, 8)  # of the first map's channels, in the three stages
# Instance norm of the two blocks of each stage. AIN's places were searched for (TPAMI 2021).
_INSTANCE_NORMS = {
    PLAIN: (("", ""), ("", ""), ("", "")),
    IBN: ((AFTER_SUM, AFTER_SUM), ("", ""), ("", "")),
    AIN: ((INSIDE_RESIDUAL, INSIDE_RESIDUAL), ("", INSIDE_RESIDUAL), (INSIDE_RESIDUAL, "")),
}


class Osnet(tf.keras.Model):
    """Of "Omni-Scale Feature Learning for Person Re-Identification" (ICCV 2019), Table 1.

    And, with instance norm, of "Learning Generalisable Omni-Scale Representations for Person
    Re-Identification" (TPAMI 2021). Without losses and classifier.

    Input: float[B, H, W, 3] with ImageNet's mean and deviation; H and W may be any.

    Args:
      options: `OsnetOptions`.
      **kwargs: of `tf.keras.Model`.
    """

    def __init__(self, options, **kwargs):
        super().__init__(name=kwargs.pop("name", "osnet"), **kwargs)
        self.options = options
        self.embedding_dims = {BRANCH: DIM}
        first = options.channels
        norm = "batch" if options.kind == PLAIN else "instance"
        self.stem = ConvNorm(first, 7, strides=2, norm=norm, name="conv1")
        wide = [first * multiple for multiple in _MULTIPLES]
        self.stages = [
            [
                OmniScaleBlock(channels, norm, name=f"conv{stage}_{i}")
                for i, norm in enumerate(norms)
            ]
            for stage, (channels, norms) in enumerate(
                zip(wide, _INSTANCE_NORMS[options.kind]), start=2
            )
        ]
        self.transitions = [
            ConvNorm(channels, name=f"pool{stage}") for stage, channels in enumerate(wide[:2], 2)
        ]
        self.last = ConvNorm(wide[-1], name="conv5")
        self.dense = tf.keras.layers.Dense(
            DIM,
            kernel_initializer=tf.keras.initializers.RandomNormal(stddev=0.01),
            dtype="float32",
            name="fc",
        )
        self.norm = make_batch_norm("fc_bn", dtype="float32")

    def call(self, images, training=False):
        """Returns {"embedding": float32[B, 512]}, none below 0."""
        x = halve_by_maximum(self.stem(images, training=training))
        for number, blocks in enumerate(self.stages):
            for block in blocks:
                x = block(x, training=training)
            if number < len(self.transitions):
                x = self.transitions[number](x, training=training)
                # An odd last row or column is left out, as PyTorch does it.
                x = tf.nn.avg_pool2d(x, ksize=2, strides=2, padding="VALID")
        x = self.last(x, training=training)
        pooled = tf.reduce_mean(tf.cast(x, tf.float32), axis=[1, 2])
        return {BRANCH: tf.nn.relu(normalize_rows(self.norm, self.dense(pooled), training))}

    def embed(self, images):
        """Returns float32[B, 512]."""
        embeddings = self(images, training=False)[BRANCH]
        return tf.math.l2_normalize(embeddings, 1) if self.options.unit_length else embeddings

    def load_torch_file(self, path):
        """Sets every variable from a file of torchreid; its classifier is not needed.

        Args:
          path: `.pth`, `.pt` or `.safetensors`, of the same variant.

        Returns:
          The weights' origin, see `load_torch_weights`.

        Raises:
          InputError: for a file that cannot be read, another network's file, or values that are
            not finite.
        """
        network = f"OSNet {self.options.variant}"
        cure = f"torchreid's osnet_{self.options.variant}"
        return load_torch_weights(path, self.torch_names(), network, cure)

    def torch_names(self):
        """Yields (torchreid's prefix, layer); must be built."""
        searched = self.options.kind == AIN
        parts = [("conv1", self.stem), ("conv5", self.last)]
        ends = ("pool2.0", "pool3.0") if searched else ("conv2.2.0", "conv3.2.0")
        parts += zip(ends, self.transitions)
        for prefix, part in parts:
            for name, layer in part.torch_names():
                yield f"{prefix}.{name}", layer
        name_stream = _name_searched_stream if searched else _name_stream
        for stage, blocks in enumerate(self.stages, start=2):
            for i, block in enumerate(blocks):
                for name, layer in block.torch_names(name_stream):
                    yield f"conv{stage}.{i}.{name}", layer
        yield "fc.0", self.dense
        yield "fc.1", self.norm


def make_osnet(options, height, width):
    """Returns a built `Osnet` with random weights, for images of any size."""
    network = Osnet(options)
    network(tf.zeros([1, height, width, 3]))
    return network


def _name_stream(number, place):
    # In torchreid conv2a is one layer; conv2b to conv2d are sequences, whose parts have numbers.
    name = f"conv2{'abcd'[number]}"
    return f"{name}.{place}" if number else name


def _name_searched_stream(number, place):
    return f"conv2.{number}.layers.{place}"
