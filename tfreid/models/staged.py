"""Backbones in stages, so that layers can stand between them; those of the table `BACKBONES`."""

import tensorflow as tf

from tfreid.errors import InputError
from tfreid.models.backbone_weights import load_backbone_weights
from tfreid.models.backbones import find_backbone, make_backbone

NUM_STAGES = 4
_UNIT = ((0.0,) * 3, (1.0,) * 3)  # of pixels in [0, 1]


class Stages(tf.keras.layers.Layer):
    """Base of backbones of four stages, with layers that are called on the output of some.

    Args:
      after_stage: dict {stage 1-4: layer}: layers called on a stage's output, in place of which
        their result goes on; SONA lives here. Each must keep the shape.
      **kwargs: of `tf.keras.layers.Layer`.

    Raises:
      ValueError: for a stage that does not exist.
    """

    def __init__(self, after_stage=None, **kwargs):
        super().__init__(**kwargs)
        # Keras can only track, and so save, a dict whose keys are strings.
        self.after_stage = {_name_stage(key): layer for key, layer in (after_stage or {}).items()}

    def call_stage(self, number, x, training=None):
        """Returns the output of stage 1, 2, 3 or 4 on that of the one before, or on images."""
        raise NotImplementedError

    def count_channels(self, stage):
        """Returns the channels of a stage's output."""
        raise NotImplementedError

    def walk(self, inputs, training=None):
        """Returns [(stage's output, the same after its layer of `after_stage`)] of all stages."""
        x, maps = inputs, []
        for number in range(1, NUM_STAGES + 1):
            before = self.call_stage(number, x, training)
            layer = self.after_stage.get(str(number))
            x = before if layer is None else layer(before, training=training)
            maps.append((before, x))
        return maps

    def get_config(self):
        layers = {key: tf.keras.layers.serialize(layer) for key, layer in self.after_stage.items()}
        return {**super().get_config(), "after_stage": layers}

    @classmethod
    def from_config(cls, config):
        layers = {
            key: tf.keras.layers.deserialize(layer) for key, layer in config["after_stage"].items()
        }
        return cls(**{**config, "after_stage": layers})


def _name_stage(key):
    """Returns the stage as text; configs that went through JSON have it so already."""
    if str(key) not in ("1", "2", "3", "4"):
        raise ValueError(f"after_stage has the key {key!r}: allowed are the stages 1, 2, 3 and 4.")
    return str(key)


@tf.keras.utils.register_keras_serializable("tfreid")
class StagedBackbone(Stages):
    """A backbone by name with layers after some of its stages, as `DilatedResNet50` has them.

    Stage n ends where the map is 1 / 2**(n + 1) of the image's size, as in ResNet, and stage 4 is
    all the rest. The last stride is 1: stage 4 keeps the size of stage 3. Nothing is dilated.

    Shapes: [B, height, width, 3] -> about [B, height / 16, width / 16, C], in the compute dtype.

    Args:
      backbone: key of `BACKBONES`.
      height: rows of the images.
      width: columns of the images.
      statistics: (means, deviations) of R, G and B by which the input was normalized, of pixels in
        [0, 1]; the backbone gets pixels as its own weights expect them. None: pixels in [0, 1].
      after_stage: see `Stages`.
      **kwargs: of `tf.keras.layers.Layer`.

    Raises:
      InputError: for an unknown backbone, or a stage that it does not have.
    """

    def __init__(self, backbone, height, width, statistics=None, after_stage=None, **kwargs):
        super().__init__(after_stage, **kwargs)
        self.backbone = backbone
        self.size = (height, width)
        self.statistics = statistics
        self.network = make_backbone(backbone, height, width, last_stride=1)
        self.ends = _find_ends(backbone, height, width)
        self.parts = self._cut()

    def call(self, inputs, training=None):
        return self.walk(inputs, training)[-1][1]

    def call_stage(self, number, x, training=None):
        x = self._adapt(x) if number == 1 else x
        part = self.parts.get(str(number))
        return x if part is None else part(x, training=training)

    def count_channels(self, stage):
        return self._find_end(stage).shape[-1]

    def load_weights(self, path):
        """Loads ImageNet weights; returns facts, see `load_backbone_weights`."""
        return load_backbone_weights(self.network, self.backbone, path)

    def compute_output_shape(self, input_shape):
        return tf.TensorShape([input_shape[0], *self.network.output_shape[1:]])

    def get_config(self):
        return {
            **super().get_config(),
            "backbone": self.backbone,
            "height": self.size[0],
            "width": self.size[1],
            "statistics": self.statistics,
        }

    def _cut(self):
        """Returns {stage: model from the last cut to its end}, cut where layers stand after."""
        parts, start = {}, self.network.input
        for stage in sorted({*map(int, self.after_stage), NUM_STAGES}):
            end = self._find_end(stage)
            part = tf.keras.Model(start, end, name=f"to_stage{stage}")
            part.input_spec = None  # as the whole backbone's: it may learn from smaller images, too
            parts[str(stage)] = part
            start = end
        return parts

    def _find_end(self, stage):
        """Returns the symbolic output of a stage."""
        if stage == NUM_STAGES:
            return self.network.output
        if str(stage) not in self.ends:
            known = ", ".join([*self.ends, str(NUM_STAGES)])
            raise InputError(
                f"backbone={self.backbone}: has no stage {stage} for a layer to stand after, but "
                f"only {known}."
            )
        return self.network.get_layer(self.ends[str(stage)]).output

    def _adapt(self, images):
        """Brings images from the one normalization to the other."""
        entry = find_backbone(self.backbone)
        means, deviations = (tf.constant(numbers) * 255 for numbers in self.statistics or _UNIT)
        scale = deviations / entry.pixel_deviation
        shift = (means - entry.pixel_mean) / entry.pixel_deviation
        return images * tf.cast(scale, images.dtype) + tf.cast(shift, images.dtype)


def _find_ends(backbone, height, width):
    """Returns {stage 1 to 3: the name of its last layer}.

    Of the network with its own last stride: keras-cv does not tell the end of stage 3 where the
    stage after it keeps the size.
    """
    levels = make_backbone(backbone, height, width, last_stride=2).pyramid_level_inputs
    stages = range(1, NUM_STAGES)
    return {str(n): levels[f"P{n + 1}"] for n in stages if f"P{n + 1}" in levels}
