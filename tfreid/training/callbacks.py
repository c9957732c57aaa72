"""What happens between two training steps: reports, checkpoints, and reasons to stop."""

import time

import tensorflow as tf
from absl import logging

from tfreid.errors import InputError
from tfreid.training.watches import CollapseWatch, StandstillWatch


class StepCallback(tf.keras.callbacks.Callback):
    """A Keras callback that counts the steps of the whole run; `on_step` gets those done so far."""

    def __init__(self, start_step):
        super().__init__()
        self._supports_tf_logs = True  # spares a wait for the device at every step
        self._step = start_step

    def on_train_batch_end(self, batch, logs=None):
        self._step += 1
        self.on_step(self._step)

    def on_step(self, step):
        """Called after each step."""
        raise NotImplementedError


class IntervalReport(StepCallback):
    """Every so many steps: a log line with the time remaining, and scalars in TensorBoard.

    Args:
      start_step: steps done before.
      total_steps: steps of the whole run.
      log_steps: steps between two reports.
      images_per_step: images in a global batch.
      summaries: `Summaries` to write to, or None (workers other than the chief).
    """

    def __init__(self, start_step, total_steps, log_steps, images_per_step, summaries):
        super().__init__(start_step)
        self._total = total_steps
        self._every = log_steps
        self._images = images_per_step
        self._summaries = summaries
        self._reported, self._clock = None, None
        self._watches = (CollapseWatch(), StandstillWatch())

    def on_step(self, step):
        if step % self._every == 0 or step == self._total:
            self._report(step, self.model.pop_averages(), self._measure_seconds(step))
        elif self._clock is None:
            self._start_clock(step)

    def _report(self, step, values, seconds):
        values["learning_rate"] = float(self.model.optimizer.learning_rate.read_value())
        if seconds:
            values["images_per_second"] = self._images / seconds
        branches = self.model.branches
        logging.info("%s", describe_progress(step, self._total, seconds, values, branches))
        for watch in self._watches:
            watch.look(step, values, branches)
        if self._summaries:
            self._summaries.write_scalars(step, {_tag(name): v for name, v in values.items()})

    def _measure_seconds(self, step):
        """Returns the seconds per step since the last call; None at first.

        The first step of a stretch compiles: its time says nothing of the others.
        """
        before, clock = self._reported, self._clock
        self._start_clock(step)
        return (self._clock - clock) / (step - before) if clock is not None else None

    def _start_clock(self, step):
        self._reported, self._clock = step, time.monotonic()


class CheckpointSaver(StepCallback):
    """Saves every so many steps, and looks now and then whether the loss is still finite.

    Args:
      start_step: steps done before.
      every: steps between two checkpoints.
      save: function without arguments.
      log_steps: steps between two looks at the loss.
    """

    def __init__(self, start_step, every, save, log_steps):
        super().__init__(start_step)
        self._every = every
        self._save = save
        self._log_steps = log_steps

    def on_step(self, step):
        if step % self._every == 0:
            self._save()
        # Where it is saved, saving looks itself.
        elif step % self._log_steps == 0:
            check_loss(self.model)


class SignalStop(StepCallback):
    """Stops training when a signal asked for it, from the first step on: before, nothing is lost.

    On several machines the workers must stop at the same step, so they ask each other every
    `log_steps` whether any was signalled.

    Args:
      start_step: steps done before.
      request: `StopRequest`.
      agree: function from this worker's signal number to that of any worker, or None.
      log_steps: see above.
    """

    def __init__(self, start_step, request, agree=None, log_steps=1):
        super().__init__(start_step)
        self._request = request
        self._agree = agree
        self._log_steps = log_steps
        self.signal_number = 0

    def on_step(self, step):
        self._request.waits = True
        self._request.begun.set()
        received = self._request.received
        if self._agree:
            received = self._agree(received) if step % self._log_steps == 0 else 0
        if received:
            self.signal_number = received
            # Keras looks at it after each batch, not only after an epoch.
            self.model.stop_training = True


def check_loss(learner):
    """Raises `InputError` that names the first step whose loss was not finite, if there was one."""
    bad_step = int(learner.first_bad_step.read_value())
    if bad_step >= 0:
        raise _complain(f"step {bad_step + 1}: the loss is not finite")


def check_weights(learner):
    """Raises `InputError` where a weight is not finite: such a step's loss may still have been."""
    finite = [tf.reduce_all(tf.math.is_finite(weight)) for weight in learner.trainable_variables]
    if not bool(tf.reduce_all(tf.stack(finite))):
        raise _complain(f"step {learner.count_steps()}: weights are not finite any more")


def _complain(what):
    return InputError(
        f"{what}; training stopped and the checkpoints before it are kept. Lower `learning_rate`, "
        "or use precision=float32."
    )


def describe_progress(step, total, seconds_per_step, values, branches=()):
    """Returns the log line of an interval; values of several branches stand side by side.

    Without `seconds_per_step` (None) it says nothing of the time that is left.
    """
    grouped = {}
    for name, value in values.items():
        kinds = [name[: -len(end) - 1] for end in branches if name.endswith(f"_{end}")]
        grouped.setdefault(kinds[0] if kinds else name, []).append(f"{value:.4g}")
    rate, speed = grouped.pop("learning_rate"), grouped.pop("images_per_second", None)
    words = [f"{kind.replace('_', ' ')} {'/'.join(texts)}" for kind, texts in grouped.items()]
    words.append(f"lr {rate[0]}")
    if seconds_per_step is not None:
        left = describe_seconds((total - step) * seconds_per_step)
        words += [f"{speed[0]} images/s", f"{left} left"]
    return "  ".join([f"step {step}/{total}", *words])


def describe_seconds(seconds):
    """Returns a duration as people say it: 1 h 05 min, 3 min 20 s, 8 s."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def _tag(name):
    """Returns TensorBoard's tag of a training value."""
    return f"train/loss/{name}" if name.startswith(("triplet", "identity")) else f"train/{name}"
