"""KVM-MN's training: which sets, which learner, for how long."""

from absl import logging

from tfreid.data.setwise_sampling import SetwiseSampler, keep_matchable
from tfreid.models.slim_checkpoint import load_slim_checkpoint
from tfreid.training.neighbor_tables import NeighborTables
from tfreid.training.optimizer import make_sgd
from tfreid.training.setwise_learner import SetwiseLearner
from tfreid.training.task import Task


class SetwiseTask(Task):
    """Sets of a probe and M gallery images; negatives are near to the probe, or random."""

    def __init__(self, options, dataset, workdir):
        learning = options.learning
        split = keep_matchable(dataset.train) if learning.mutual_sets else dataset.train
        super().__init__(options, split)
        _tell_left_out(dataset.train, self._make(None))
        self.images_per_step = learning.sets_per_step * learning.images_per_set
        self.total_steps, self.evaluate_steps = learning.steps, learning.evaluate_steps
        self._tables = None
        if learning.negatives == "hard":
            self._tables = NeighborTables(workdir.neighbors, split, dataset, options)
            self.refresh_steps = learning.refresh_steps

    def make_learner(self, network):
        return SetwiseLearner(network, self.options.learning)

    def make_optimizer(self):
        return make_sgd(self.options.learning)

    def load_initial_weights(self, network, path):
        return load_slim_checkpoint(network.backbone, path)

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
