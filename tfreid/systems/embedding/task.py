"""A training of systems that embed: which batches, which learner, for how long."""

import tensorflow as tf

from tfreid.data.pipeline import IMAGE
from tfreid.data.sampling import IdentitySampler
from tfreid.errors import InputError, shorten
from tfreid.training.schedules import CosineSchedule, StaircaseSchedule
from tfreid.training.task import Task


class IdentityTask(Task):
    """P x K batches of identities; an epoch shows each of them once.

    Where identities are learned before triplets, an epoch has as many steps, each of P x K people.
    """

    def __init__(self, system, options, dataset):
        super().__init__(options, dataset.train)
        learning = options.learning
        self._system = system
        people, images = learning.identities_per_batch, learning.images_per_identity
        self.sampler = IdentitySampler(self.split.pids, people, images, learning.seed)
        self.images_per_step = self.sampler.batch_size
        self.total_steps = learning.epochs * self.sampler.steps_per_epoch
        self.evaluate_steps = learning.evaluate_epochs * self.sampler.steps_per_epoch
        self._half_size_steps = learning.half_size_epochs * self.sampler.steps_per_epoch
        self._identity_steps = learning.identity_epochs * self.sampler.steps_per_epoch
        self._identity_sampler = (
            self._make_identity_sampler(people * images) if self._identity_steps else self.sampler
        )

    def make_learner(self, network):
        learning = self.options.learning
        if learning.half_size_epochs:
            self._try_half_size(network)
        return self._system.make_learner(network, self.sampler.num_identities, learning)

    def make_optimizer(self):
        return self._system.make_optimizer(self.options.learning, self.sampler.steps_per_epoch)

    def make_sampler(self, step, network):
        return self._identity_sampler if step < self._identity_steps else self.sampler

    def find_next_stop(self, step):
        # A stretch has batches of one size, of one sampler: it ends where either changes.
        ends = self._half_size_steps, self._identity_steps
        return min([super().find_next_stop(step), *(end for end in ends if step < end)])

    def resize_batches(self, dataset, step):
        return dataset.map(_halve_images) if step < self._half_size_steps else dataset

    def describe(self):
        return f"{self.sampler.steps_per_epoch} an epoch"

    def _make_identity_sampler(self, people):
        """Returns the sampler of batches with one image of each of so many people."""
        if people > self.sampler.num_identities:
            raise InputError(
                f"identity_epochs={self.options.learning.identity_epochs}: a batch shows {people} "
                f"people then, and the training images only {self.sampler.num_identities}; give "
                "smaller batches, or 0."
            )
        return IdentitySampler(self.split.pids, people, 1, self.options.learning.seed)

    def _try_half_size(self, network):
        """Raises `InputError` for a network that cannot learn from images of half the size."""
        data = self.options.data
        images = tf.TensorSpec([self.images_per_step, data.height // 2, data.width // 2, 3])
        try:
            # Traced, not run: batch norm's averages stay as they are.
            trial = tf.function(lambda x: network(x, training=True), autograph=False)
            trial.get_concrete_function(images)
        except (ValueError, tf.errors.OpError) as error:
            raise InputError(
                f"half_size_epochs={self.options.learning.half_size_epochs}: the network cannot "
                f"learn from images of {images.shape[1]} x {images.shape[2]} ({shorten(error)}); "
                "give larger images, or 0."
            ) from error


def _halve_images(batch):
    """Returns a batch whose images are means of 2 x 2 pixels."""
    # VALID leaves out an odd last row or column, as does the size that is tried before.
    return {**batch, IMAGE: tf.nn.avg_pool2d(batch[IMAGE], 2, 2, "VALID")}


def make_adam(learning, steps_per_epoch):
    """Returns Adam with the schedule of `make_schedule`.

    Epsilon is 1e-8, the default of the papers' framework (Keras' is 1e-7).
    """
    return tf.keras.optimizers.Adam(make_schedule(learning, steps_per_epoch), epsilon=1e-8)


def make_schedule(learning, steps_per_epoch):
    """Returns the learning rate by the step: SONA-Net's stairs, or a cosine where it is asked for.

    Args:
      learning: `IdentityLearningOptions`, of which some have a `schedule`.
      steps_per_epoch: training steps in an epoch.
    """
    if getattr(learning, "schedule", "stairs") == "cosine":
        return CosineSchedule(
            learning.learning_rate,
            learning.warmup_epochs * steps_per_epoch,
            learning.epochs * steps_per_epoch,
            learning.half_size_epochs * steps_per_epoch,
        )
    return StaircaseSchedule(
        learning.learning_rate,
        steps_per_epoch,
        learning.warmup_epochs,
        learning.warmup_stairs,
        learning.decay_epochs,
        learning.decay_factor,
    )
