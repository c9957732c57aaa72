"""The optimizers of the recipes."""

import tensorflow as tf

from tfreid.training.schedules import StaircaseSchedule


def make_adam(options, steps_per_epoch):
    """Returns Adam with SONA-Net's schedule.

    Epsilon is 1e-8, the default of the paper's framework (Keras' is 1e-7).

    Args:
      options: `IdentityLearningOptions`.
      steps_per_epoch: training steps in an epoch.
    """
    schedule = StaircaseSchedule(
        options.learning_rate,
        steps_per_epoch,
        options.warmup_epochs,
        options.warmup_stairs,
        options.decay_epochs,
        options.decay_factor,
    )
    return tf.keras.optimizers.Adam(schedule, epsilon=1e-8)


def make_sgd(options):
    """Returns SGD with momentum and KVM-MN's schedule, which is stated in shares of all steps.

    Args:
      options: `SetwiseLearningOptions`.
    """
    schedule = StaircaseSchedule(
        options.learning_rate,
        steps_per_epoch=1,
        warmup_epochs=options.warmup_steps,
        warmup_stairs=max(1, options.warmup_steps),
        decay_epochs=[round(share * options.steps) for share in options.decay_at],
        decay_factor=options.decay_factor,
    )
    return tf.keras.optimizers.SGD(schedule, momentum=options.momentum)


def scale_loss(optimizer, precision):
    """Returns an optimizer with a loss scale, where the Keras policy `precision` needs one."""
    if precision == "mixed_float16":
        return tf.keras.mixed_precision.LossScaleOptimizer(optimizer)
    return optimizer
