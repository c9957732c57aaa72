"""What backbones have in common whose stages other layers can stand between."""

NUM_STAGES = 4


class Stages:
    """Mixin of a Keras layer: four stages, and layers that are called on the output of some.

    Attributes:
      after_stage: {"1" to "4": layer}; SONA lives here. (Keras can only track, and so save, a dict
        whose keys are strings.)
    """

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
