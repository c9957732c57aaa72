"""How OSNet learns: identities, and triplets where they are asked for."""

import tensorflow as tf

from tfreid.systems.embedding.learner import IdentityLearner
from tfreid.systems.embedding.task import make_schedule

_BETAS = {"beta_1": 0.9, "beta_2": 0.99}  # of the authors' framework, as is epsilon
_EPSILON = 1e-8


class OsnetLearner(IdentityLearner):
    """An `IdentityLearner` with a share of the triplet loss, which is shown in any case."""

    def __init__(self, network, num_identities, options):
        super().__init__(network, num_identities, options)
        self._triplet_weight = options.triplet_weight

    def make_classifier(self, branch, num_identities):
        return tf.keras.layers.Dense(
            num_identities,
            kernel_initializer=tf.keras.initializers.RandomNormal(stddev=0.01),  # its authors'
            dtype="float32",
            name=branch,
        )

    def compute_losses(self, batch):
        losses, shown = super().compute_losses(batch)
        for branch in self.branches:
            name = f"triplet_{branch}"
            if self._triplet_weight:
                losses[name] *= self._triplet_weight
            else:
                shown[name] = losses.pop(name)
        return losses, shown


def make_optimizer(learning, steps_per_epoch):
    """Returns AMSGrad with the schedule of `OsnetLearningOptions`."""
    schedule = make_schedule(learning, steps_per_epoch)
    return tf.keras.optimizers.Adam(schedule, epsilon=_EPSILON, amsgrad=True, **_BETAS)
