"""A training of systems that embed: which batches, which learner, for how long."""

import tensorflow as tf

from tfreid.data.pipeline import IMAGE
from tfreid.data.sampling import IdentitySampler
from tfreid.errors import InputError, shorten
from tfreid.training.schedules import CosineSchedule, StaircaseSchedule
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
        self._half_size_steps = learning.half_size_epochs * self.sampler.steps_per_epoch

    def make_learner(self, network):
        learning = self.options.learning
        if learning.half_size_epochs:
            self._try_half_size(network)
        return self._system.make_learner(network, self.sampler.num_identities, learning)

    def make_optimizer(self):
        return self._system.make_optimizer(self.options.learning, self.sampler.steps_per_epoch)

    def make_sampler(self, step, network):
        return self.sampler

    def find_next_stop(self, step):
        stop = super().find_next_stop(step)
        # Batches are resized by the stretch: one ends where their size changes.
        return min(stop, self._half_size_steps) if step < self._half_size_steps else stop

    def resize_batches(self, dataset, step):
        return dataset.map(_halve_images) if step < self._half_size_steps else dataset

    def describe(self):
        return f"{self.sampler.steps_per_epoch} an epoch"

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
