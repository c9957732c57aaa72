"""Checkpoints of a run: written aside and renamed, kept by number, restored whole or not at all."""

import glob
import os
import shutil
import tempfile

import tensorflow as tf

from tfreid.errors import InputError

_PREFIX = "step"
_READ_ERRORS = (
    ValueError,
    AssertionError,
    tf.errors.DataLossError,
    tf.errors.NotFoundError,
    tf.errors.OutOfRangeError,
    tf.errors.InvalidArgumentError,
)


class Checkpoints:
    """Saves and restores all that a learner's training changes.

    A checkpoint becomes the latest one only when all of it is on disk: a process killed while
    saving leaves the one before. On several machines every worker has to take part in saving; all
    but the chief write into a folder that is thrown away.

    Args:
      folder: where the checkpoints lie.
      parts: {name: trackable}, as of `Learner.saved_parts`.
      origin: `Origin`, saved along.
      keep: number of checkpoints to keep; older ones are deleted.
      writes: whether this process is the chief.
    """

    def __init__(self, folder, parts, origin, keep=3, writes=True):
        self._folder = folder
        self._origin = origin
        self._aside = None if writes else tempfile.mkdtemp(prefix="tfreid-worker-")
        self._checkpoint = tf.train.Checkpoint(**parts, origin=origin)
        self._manager = tf.train.CheckpointManager(
            self._checkpoint, self._aside or folder, max_to_keep=keep, checkpoint_name=_PREFIX
        )

    def save(self, step):
        """Writes the checkpoint of a step.

        Raises:
          InputError: where it cannot be written, say on a full disk; the last one is untouched.
        """
        self._origin.facts["steps"] = step
        try:
            self._manager.save(checkpoint_number=step)
        except (tf.errors.OpError, OSError) as error:
            self._remove_partial(step)
            raise InputError(
                f"{self._folder}: the checkpoint of step {step} cannot be written "
                f"({_shorten(error)}); make room and give the same command again, it goes on from "
                f"{_describe_latest(self._folder)}."
            ) from error

    def restore_latest(self):
        """Restores the latest checkpoint and returns its step, or returns None without one."""
        path = find_checkpoint(self._folder)
        if path is None:
            return None
        _restore(self._checkpoint, path, "assert_consumed")
        return read_step(path)

    def close(self):
        """Removes what a worker other than the chief has written aside."""
        if self._aside:
            shutil.rmtree(self._aside, ignore_errors=True)

    def _remove_partial(self, step):
        """Deletes what a failed save has left, or the disk would stay full."""
        for path in glob.glob(os.path.join(glob.escape(self._folder), f"{_PREFIX}-{step}*")):
            shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)


def restore_network(network, origin, folder, step=None):
    """Restores only a network and its origin from a run's checkpoints; returns the step.

    Args:
      network: built model.
      origin: `Origin` to fill.
      folder: where the checkpoints lie.
      step: which one; None for the latest.

    Raises:
      InputError: without such a checkpoint, or where it belongs to another model.
    """
    path = find_checkpoint(folder, step)
    if path is None:
        raise InputError(f"{folder}: holds no checkpoint; train first.")
    checkpoint = tf.train.Checkpoint(network=network, origin=origin)
    _restore(checkpoint, path, "assert_existing_objects_matched")
    return read_step(path)


def find_checkpoint(folder, step=None):
    """Returns the path of a step's checkpoint, or of the latest one; None without any.

    Raises:
      InputError: where that step is not there.
    """
    if step is None:
        return tf.train.latest_checkpoint(folder)
    path = os.path.join(folder, f"{_PREFIX}-{step}")
    if os.path.isfile(path + ".index"):
        return path
    names = glob.glob(os.path.join(glob.escape(folder), f"{_PREFIX}-*.index"))
    steps = sorted(read_step(name[: -len(".index")]) for name in names)
    raise InputError(f"--step={step}: {folder} holds the steps {steps}; give one of them.")


def read_step(path):
    """Returns the step in a checkpoint's name."""
    return int(path.rsplit("-", 1)[1])


def _restore(checkpoint, path, check):
    try:
        getattr(checkpoint.read(path), check)().expect_partial()
    except _READ_ERRORS as error:
        raise InputError(
            f"{path}: cannot be restored; it is damaged or belongs to another model "
            f"({_shorten(error)})."
        ) from error


def _describe_latest(folder):
    path = tf.train.latest_checkpoint(folder)
    return f"step {read_step(path)}" if path else "the beginning"


def _shorten(error):
    return " ".join(str(error).split())[:200]
