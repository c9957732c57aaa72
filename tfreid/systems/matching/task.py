"""A training of systems that match: which sets, which learner, for how long."""

import tensorflow as tf
from absl import logging

from tfreid.data.setwise_sampling import SetwiseSampler, keep_matchable
from tfreid.systems.matching.neighbor_tables import NeighborTables
from tfreid.training.schedules import StaircaseSchedule
from tfreid.training.task import Task


class SetwiseTask(Task):
    """Sets of a probe and M gallery images; negatives are near to the probe, or random."""

    def __init__(self, system, options, dataset, workdir):
        learning = options.learning
        split = keep_matchable(dataset.train) if learning.mutual_sets else dataset.train
        super().__init__(options, split)
        self._system = system
        _tell_left_out(dataset.train, self._make(None))
        self.images_per_step = learning.sets_per_step * learning.images_per_set
        self.total_steps, self.evaluate_steps = learning.steps, learning.evaluate_steps
        self._tables = None
        if learning.negatives == "hard":
            self._tables = NeighborTables(
                workdir.neighbors,
                split,
                dataset,
                options,
                system.list_backbone_facts(options.model),
            )
            self.refresh_steps = learning.refresh_steps

    def make_learner(self, network):
        return self._system.make_learner(network, self.options.learning)

    def make_optimizer(self):
        return self._system.make_optimizer(self.options.learning)

    def make_sampler(self, step, network):
        return self._make(self._tables.find(step, network) if self._tables else None)

    def describe(self):
        learning = self.options.learning
        return f"{learning.sets_per_step} sets of {learning.images_per_set} images each"

    def _make(self, neighbors):
        learning = self.options.learning
        return SetwiseSampler(
            self.split.pids,
            self.split.camids,
            learning.set_size,
            learning.sets_per_step,
            learning.seed,
            neighbors,
            learning.num_sets,
            learning.mutual_sets,
        )


def make_sgd(learning):
    """Returns SGD with momentum and KVM-MN's schedule, which is stated in shares of all steps.

    Args:
      learning: `SetwiseLearningOptions`.
    """
    schedule = StaircaseSchedule(
        learning.learning_rate,
        steps_per_epoch=1,  # stairs and decays are then counted in steps
        warmup_epochs=learning.warmup_steps,
        warmup_stairs=max(1, learning.warmup_steps),
        decay_epochs=[round(share * learning.steps) for share in learning.decay_at],
        decay_factor=learning.decay_factor,
    )
    return tf.keras.optimizers.SGD(schedule, momentum=learning.momentum)


def _tell_left_out(train, sampler):
    """Logs how many identities are never searched for, since one camera alone saw them."""
    everybody = len(set(train.pids.tolist()))
    left_out = everybody - (sampler.num_identities - sampler.num_left_out)
    if left_out:
        logging.warning(
            "%d of %d identities were seen by one camera only: a probe's match comes from another "
            "camera, so they are left out as probes.",
            left_out,
            everybody,
        )
