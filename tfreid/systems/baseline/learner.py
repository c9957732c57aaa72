"""How the baseline learns: triplets before the neck, identities after it."""

import tensorflow as tf

from tfreid.systems.embedding.learner import IdentityLearner
from tfreid.systems.embedding.task import make_adam
from tfreid.training.schedules import CosineSchedule

_EPSILON = 1e-8  # of Adam in the paper's framework


class BaselineLearner(IdentityLearner):
    """An `IdentityLearner` whose classifier has no bias, as the neck has no shift (section 3.5)."""

    def make_classifier(self, branch, num_identities):
        return tf.keras.layers.Dense(
            num_identities,
            use_bias=False,
            kernel_initializer=tf.keras.initializers.RandomNormal(stddev=0.001),
            dtype="float32",
            name=branch,
        )


def make_optimizer(learning, steps_per_epoch):
    """Returns Adam with the schedule of `BaselineLearningOptions`."""
    if learning.schedule == "stairs":
        return make_adam(learning, steps_per_epoch)
    schedule = CosineSchedule(
        learning.learning_rate,
        learning.warmup_epochs * steps_per_epoch,
        learning.epochs * steps_per_epoch,
    )
    return tf.keras.optimizers.Adam(schedule, epsilon=_EPSILON)
