"""The optimizer of a recipe."""

import tensorflow as tf

from tfreid.training.schedules import StaircaseSchedule


def make_optimizer(options, steps_per_epoch, precision):
    """Returns Adam with the recipe's schedule, and a loss scale under mixed_float16.

    Epsilon is 1e-8, the default of the paper's framework (Keras' is 1e-7).

    Args:
      options: `IdentityLearningOptions`.
      steps_per_epoch: training steps in an epoch.
      precision: Keras policy's name.
    """
    schedule = StaircaseSchedule(
        options.learning_rate,
        steps_per_epoch,
        options.warmup_epochs,
        options.warmup_stairs,
        options.decay_epochs,
        options.decay_factor,
    )
    optimizer = tf.keras.optimizers.Adam(schedule, epsilon=1e-8)
    if precision == "mixed_float16":
        return tf.keras.mixed_precision.LossScaleOptimizer(optimizer)
    return optimizer
