"""What backbones have in common whose stages other layers can stand between."""

import tensorflow as tf

NUM_STAGES = 4


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
