"""The first steps of a run, in which what its initial weights brought keeps still."""

from tfreid.errors import InputError
from tfreid.runs.provenance import BACKBONE


class Freezing:
    """Freezes layers for some steps, then lets them learn.

    Batch norm of a frozen layer uses its moving statistics, as in evaluation, and keeps them. What
    the network itself never trains stays so.

    Args:
      learner: `Learner`, built.
      origin: `Origin`, whose facts say which part of the network the initial weights brought.
      steps: of the run; 0 for none.
    """

    def __init__(self, learner, origin, steps):
        self._learner = learner
        self._origin = origin
        self._steps = steps
        self._frozen = False

    def apply(self, step):
        """Freezes, or lets learn, what shall be so from a step on.

        Raises:
          InputError: where nothing would be left to learn.
        """
        frozen = step < self._steps
        if frozen == self._frozen:
            return
        if frozen:
            self._find_layers()
        for layer, learns in self._layers:  # those within a layer come after it
            layer.trainable = learns and not frozen
        self._frozen = frozen
        self._note()
        if not self._learner.trainable_variables:
            raise InputError(
                f"freeze_steps={self._steps}: the initial weights brought all that learns; leave "
                "the flag out."
            )

    def _note(self):
        """Makes Keras note what learns: it trains by what it found when it compiled."""
        learner = self._learner
        with learner.distribute_strategy.scope():
            learner.compile(optimizer=learner.optimizer, jit_compile=learner.jit_compile)

    def limit(self, step, stop):
        """Returns the step at which a stretch from `step` on must end: `stop`, or before."""
        return min(stop, self._steps) if step < self._steps else stop

    def _find_layers(self):
        part = self._learner.network
        if self._origin.facts["weights"].get("part") == BACKBONE:
            part = part.backbone
        self._layers = [(layer, layer.trainable) for layer in part._flatten_layers()]
