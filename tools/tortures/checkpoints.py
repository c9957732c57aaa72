"""Checkpoints of a run: a resume finds the latest one as it was, or says what is wrong."""

import os

import tensorflow as tf

from tfreid.runs.checkpoints import Checkpoints
from tfreid.runs.provenance import Origin

STEPS = (0, 3, 6)
_SIZE = 50


def make(folder):
    """Writes checkpoints, each with weights of its own."""
    for step in STEPS:
        save(folder, step)
    os.remove(os.path.join(folder, f"step-{STEPS[1]}.sha256"))  # as before there were sums


def look(folder):
    """Returns (step, weights) of the latest checkpoint."""
    weights = _make_weights(-1)
    step = Checkpoints(folder, {"network": weights}, Origin()).restore_latest()
    return step, weights.w.numpy().tolist()


def save(folder, step):
    """Writes the checkpoint of a step."""
    Checkpoints(folder, {"network": _make_weights(step)}, Origin(dataset="drawn")).save(step)


def _make_weights(value):
    return tf.train.Checkpoint(w=tf.Variable(tf.range(_SIZE, dtype=tf.float32) + value))
