"""A training of systems that embed: which batches, which learner, for how long."""

import tensorflow as tf

from tfreid.data.sampling import IdentitySampler
from tfreid.training.schedules import StaircaseSchedule
from tfreid.training.task import Task


class IdentityTask(Task):
    """P x K batches of identities; an epoch shows each of them once."""

    def __init__(self, system, options, dataset):
        super().__init__(options, dataset.train)
        learning = options.learning
        self._system = system
        self.sampler = IdentitySampler(
            self.split.pids,
            learning.identities_per_batch,
            learning.images_per_identity,
            learning.seed,
        )
        self.images_per_step = self.sampler.batch_size
        self.total_steps = learning.epochs * self.sampler.steps_per_epoch
        self.evaluate_steps = learning.evaluate_epochs * self.sampler.steps_per_epoch

    def make_learner(self, network):
        learning = self.options.learning
        return self._system.make_learner(network, self.sampler.num_identities, learning)

    def make_optimizer(self):
        return self._system.make_optimizer(self.options.learning, self.sampler.steps_per_epoch)

    def make_sampler(self, step, network):
        return self.sampler

    def describe(self):
        return f"{self.sampler.steps_per_epoch} an epoch"


def make_adam(learning, steps_per_epoch):
    """Returns Adam with SONA-Net's schedule.

    Epsilon is 1e-8, the default of the paper's framework (Keras' is 1e-7).

    Args:
      learning: `IdentityLearningOptions`.
      steps_per_epoch: training steps in an epoch.
    """
    schedule = StaircaseSchedule(
        learning.learning_rate,
        steps_per_epoch,
        learning.warmup_epochs,
        learning.warmup_stairs,
        learning.decay_epochs,
        learning.decay_factor,
    )
    return tf.keras.optimizers.Adam(schedule, epsilon=1e-8)
