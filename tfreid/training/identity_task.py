"""SONA-Net's training: which batches, which learner, for how long."""

from tfreid.data.sampling import IdentitySampler
from tfreid.models.weights import load_imagenet_weights
from tfreid.training.identity_learner import IdentityLearner
from tfreid.training.optimizer import make_adam
from tfreid.training.task import Task


class IdentityTask(Task):
    """P x K batches of identities; an epoch shows each of them once."""

    def __init__(self, options, dataset):
        super().__init__(options, dataset.train)
        learning = options.learning
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
        return IdentityLearner(network, self.sampler.num_identities, self.options.learning)

    def make_optimizer(self):
        return make_adam(self.options.learning, self.sampler.steps_per_epoch)

    def load_initial_weights(self, network, path):
        return load_imagenet_weights(network.backbone, path)

    def make_sampler(self, step, network):
        return self.sampler

    def describe(self):
        return f"{self.sampler.steps_per_epoch} an epoch"
