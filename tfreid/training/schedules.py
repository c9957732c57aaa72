"""Learning rate as a function of the step."""

import math

import tensorflow as tf


class StaircaseSchedule(tf.keras.optimizers.schedules.LearningRateSchedule):
    """Rises in equal stairs, stays, then falls by a factor at given epochs.

    SONA-Net, section 3.2: 1e-4, plus 1e-4 every 5 epochs for 50 epochs, then 1e-3, from epoch 200
    on 1e-4 and from epoch 300 on 1e-5. An epoch is counted in whole steps.

    Args:
      learning_rate: value after the warm-up.
      steps_per_epoch: training steps in an epoch.
      warmup_epochs: length of the warm-up; 0 for none.
      warmup_stairs: number of stairs; the s-th (from 1) has learning_rate * s / stairs.
      decay_epochs: rising epochs; from each on, the rate is multiplied by decay_factor once more.
      decay_factor: see there.
    """

    def __init__(
        self,
        learning_rate,
        steps_per_epoch,
        warmup_epochs=50,
        warmup_stairs=10,
        decay_epochs=(200, 300),
        decay_factor=0.1,
    ):
        self.learning_rate = learning_rate
        self.steps_per_epoch = steps_per_epoch
        self.warmup_epochs = warmup_epochs
        self.warmup_stairs = warmup_stairs
        self.decay_epochs = tuple(decay_epochs)
        self.decay_factor = decay_factor

    def __call__(self, step):
        """Returns the float32 learning rate of an integer step, counted from 0."""
        # In whole numbers: a quotient of floats may fall just below the epoch that begins.
        epoch = tf.cast(tf.cast(step, tf.int64) // self.steps_per_epoch, tf.float32)
        rate = self.learning_rate * self._warm_up(epoch)
        for decay_epoch in self.decay_epochs:
            rate *= tf.where(epoch >= decay_epoch, self.decay_factor, 1.0)
        return rate

    def _warm_up(self, epoch):
        if self.warmup_epochs == 0:
            return 1.0
        stair = tf.floor(epoch * self.warmup_stairs / self.warmup_epochs) + 1.0
        return tf.minimum(stair, self.warmup_stairs) / self.warmup_stairs

    def get_config(self):
        return {
            "learning_rate": self.learning_rate,
            "steps_per_epoch": self.steps_per_epoch,
            "warmup_epochs": self.warmup_epochs,
            "warmup_stairs": self.warmup_stairs,
            "decay_epochs": self.decay_epochs,
            "decay_factor": self.decay_factor,
        }


class CosineSchedule(tf.keras.optimizers.schedules.LearningRateSchedule):
    """Rises along a straight line, then falls to 0 along half a cosine.

    "SGDR: Stochastic Gradient Descent with Warm Restarts" (Loshchilov and Hutter, 2017), equation
    5, with one restart at most.

    Args:
      learning_rate: value at the end of the warm-up.
      warmup_steps: steps of the warm-up, whose t-th (from 0) has learning_rate * (t + 1) / steps.
      total_steps: step at which 0 is reached.
      restart_step: step at which 0 is reached before, and all begins again but the warm-up; 0:
        none.
    """

    def __init__(self, learning_rate, warmup_steps, total_steps, restart_step=0):
        self.learning_rate = learning_rate
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        self.restart_step = restart_step

    def __call__(self, step):
        """Returns the float32 learning rate of an integer step, counted from 0."""
        step = tf.cast(step, tf.float32)
        rise = (step + 1.0) / max(1, self.warmup_steps)
        begins, ends = self.warmup_steps, self.restart_step or self.total_steps
        fall = (step - begins) / max(1, ends - begins)
        if self.restart_step:
            again = (step - ends) / max(1, self.total_steps - ends)
            fall = tf.where(step < ends, fall, again)
        cosine = 0.5 * (1.0 + tf.cos(math.pi * tf.clip_by_value(fall, 0.0, 1.0)))
        return self.learning_rate * tf.where(step < self.warmup_steps, rise, cosine)

    def get_config(self):
        return {
            "learning_rate": self.learning_rate,
            "warmup_steps": self.warmup_steps,
            "total_steps": self.total_steps,
            "restart_step": self.restart_step,
        }
