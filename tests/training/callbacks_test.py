"""What happens between two steps: log lines, warnings, checkpoints, reasons to stop."""

import threading
import types

import numpy as np
import pytest
import tensorflow as tf

from tfreid.errors import InputError
from tfreid.training import callbacks
from tfreid.training.callbacks import (
    CheckpointSaver,
    IntervalReport,
    SignalStop,
    check_loss,
    check_weights,
    describe_progress,
    describe_seconds,
)


class Learner:
    """What callbacks ask of a model."""

    def __init__(self, first_bad_step=-1, weights=(0.0,)):
        self.first_bad_step = tf.Variable(first_bad_step)
        self.trainable_variables = [tf.Variable(weight) for weight in weights]
        self.optimizer = types.SimpleNamespace(learning_rate=tf.Variable(0.25))
        self.stop_training = False
        self.branches = ("global", "local")
        self.popped = 0

    def pop_averages(self):
        self.popped += 1
        return {"loss": 1.5, "triplet_global": 0.5, "triplet_local": 0.75}

    def count_steps(self):
        return 7


def run(callback, learner, steps):
    callback.set_model(learner)
    for batch in range(steps):
        callback.on_train_batch_end(batch)


def test_a_log_line_has_branches_side_by_side_and_the_time_left():
    values = {"loss": 3.25, "triplet_global": 1.0, "triplet_local": 2.0, "learning_rate": 0.1}
    branches = ("global", "local")
    line = describe_progress(20, 100, 1.5, {**values, "images_per_second": 40.0}, branches)
    assert line == ("step 20/100  loss 3.25  triplet 1/2  lr 0.1  40 images/s  2 min 00 s left")
    assert describe_progress(20, 100, None, dict(values), branches) == (
        "step 20/100  loss 3.25  triplet 1/2  lr 0.1"
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(8.4, "8 s"), (59.6, "1 min 00 s"), (200, "3 min 20 s"), (3900, "1 h 05 min")],
)
def test_durations_are_as_people_say_them(seconds, text):
    assert describe_seconds(seconds) == text


def test_reports_come_every_so_many_steps_of_the_run_and_at_its_end(caplog):
    caplog.set_level("INFO", "absl")
    written = []
    summaries = types.SimpleNamespace(write_scalars=lambda step, tags: written.append((step, tags)))
    run(IntervalReport(4, 11, 3, 8, summaries), Learner(), 7)  # steps 5 to 11
    assert [step for step, _ in written] == [6, 9, 11]
    tags = written[-1][1]
    assert tags["train/loss"] == 1.5 and tags["train/loss/triplet_global"] == 0.5
    assert tags["train/learning_rate"] == 0.25 and tags["train/images_per_second"] > 0
    assert "step 11/11" in caplog.text


def test_a_worker_without_summaries_reports_to_its_log_only(caplog):
    caplog.set_level("INFO", "absl")
    run(IntervalReport(0, 2, 1, 8, None), Learner(), 2)
    assert "step 2/2" in caplog.text


def test_checkpoints_come_every_so_many_steps_of_the_run():
    saved = []
    run(CheckpointSaver(4, 5, lambda: saved.append(True), 100), Learner(), 11)  # 5 to 15
    assert len(saved) == 3


def test_the_loss_is_looked_at_between_checkpoints():
    with pytest.raises(InputError, match="^step 4: the loss is not finite"):
        run(CheckpointSaver(0, 100, None, 2), Learner(first_bad_step=3), 2)


def test_a_bad_loss_or_weight_is_told_with_its_step():
    check_loss(Learner())
    check_weights(Learner(weights=[1.0, 2.0]))
    with pytest.raises(InputError, match="^step 1: the loss is not finite; training stopped"):
        check_loss(Learner(first_bad_step=0))
    with pytest.raises(InputError, match="^step 7: weights are not finite any more"):
        check_weights(Learner(weights=[1.0, np.nan]))


def make_request():
    return types.SimpleNamespace(received=0, waits=False, begun=threading.Event())


def test_a_signal_stops_after_the_step():
    request, learner = make_request(), Learner()
    stop = SignalStop(0, request)
    run(stop, learner, 2)
    assert not learner.stop_training and request.waits
    request.received = 15
    run(stop, learner, 1)
    assert learner.stop_training and stop.signal_number == 15


def test_workers_ask_each_other_every_few_steps_and_stop_together():
    asked = []

    def agree(received):
        asked.append(received)
        return 15 if len(asked) == 2 else 0

    learner = Learner()
    request = make_request()
    stop = SignalStop(0, request, agree, log_steps=3)
    run(stop, learner, 5)
    assert asked == [0] and not learner.stop_training
    run(stop, learner, 1)
    assert asked == [0, 0] and learner.stop_training and stop.signal_number == 15


def test_the_first_step_is_not_timed(monkeypatch):
    """It compiles: 100 s, against 2 s for each of the others."""
    clock = iter([100.0, 102.0, 104.0])
    monkeypatch.setattr(callbacks.time, "monotonic", lambda: next(clock))
    written = []
    summaries = types.SimpleNamespace(write_scalars=lambda step, tags: written.append(tags))
    run(IntervalReport(0, 9, 2, 8, summaries), Learner(), 2)
    assert written[0]["train/images_per_second"] == 8 / 2.0
