"""Checkpoints of a run: written aside and renamed, kept by number, restored whole or not at all."""

import glob
import os
import re
import shutil
import tempfile

import tensorflow as tf

from tfreid.errors import InputError

_PREFIX = "step"
_READ_ERRORS = (
    ValueError,
    AssertionError,
    IndexError,  # of a data file that was cut off
    tf.errors.DataLossError,
    tf.errors.NotFoundError,
    tf.errors.OutOfRangeError,
    tf.errors.InvalidArgumentError,
)
_OPERATION = re.compile(r"\{\{.*?\}\}")  # by which TensorFlow names it in its errors
_NO_SPACE = "No space left on device"
_COLLECTIVE = "Collective"  # in errors of what workers do together: no disk is to blame for them


class Checkpoints:
    """Saves and restores all that a learner's training changes.

    A checkpoint becomes the latest one, in the list `checkpoint`, only when all of it is on disk: a
    process killed while saving leaves the one before. On several machines every worker has to take
    part in saving; all but the chief write into a folder that is thrown away.

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
        self._step = None  # of the checkpoint that was last written or read
        self._aside = None if writes else tempfile.mkdtemp(prefix="tfreid-worker-")
        self._checkpoint = tf.train.Checkpoint(**parts, origin=origin)
        self._manager = tf.train.CheckpointManager(
            self._checkpoint, self._aside or folder, max_to_keep=keep, checkpoint_name=_PREFIX
        )

    def save(self, step):
        """Writes the checkpoint of a step, unless the latest one is of that step already.

        Raises:
          InputError: where it cannot be written, say on a full disk; the last one is untouched.
          tf.errors.OpError: where another worker was lost while all were saving.
        """
        if step == self._step:
            return  # writing over it would leave nothing to a process that is killed right then
        self._origin.facts["steps"] = step
        try:
            self._manager.save(checkpoint_number=step)
        except (tf.errors.OpError, OSError) as error:
            self._remove_partial(step)
            if _COLLECTIVE in str(error):
                raise
            raise InputError(
                f"{self._folder}: the checkpoint of step {step} cannot be written "
                f"({_shorten(error)}); make room and give the same command again, it goes on from "
                f"{_describe_latest(self._folder)}."
            ) from error
        self._step = step

    def restore_latest(self):
        """Restores the latest checkpoint and returns its step, or returns None without one."""
        if not self._aside:
            self._remove_leftovers()
        path = find_checkpoint(self._folder)
        if path is None:
            return None
        _restore(self._checkpoint, path, "assert_consumed")
        self._step = read_step(path)
        return self._step

    def close(self):
        """Removes what a worker other than the chief has written aside."""
        if self._aside:
            shutil.rmtree(self._aside, ignore_errors=True)

    def _remove_partial(self, step):
        """Deletes what a failed save has left, or the disk would stay full."""
        self._remove(f"{_PREFIX}-{step}.*", f"{_PREFIX}-{step}_temp")

    def _remove_leftovers(self):
        """Deletes what a process killed while saving has left half-written."""
        self._remove(f"{_PREFIX}-*_temp", "checkpoint.tmp*")

    def _remove(self, *patterns):
        for pattern in patterns:
            for path in glob.glob(os.path.join(glob.escape(self._folder), pattern)):
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
      InputError: where that step is not there, or none of those that were written.
    """
    listed, paths = _list_checkpoints(folder)
    if listed and not paths:
        raise InputError(
            f"{folder}: the checkpoints that were written here are gone ({', '.join(listed)}); "
            "bring them back, or give another `workdir`."
        )
    if step is None:
        return paths[-1] if paths else None
    for path in paths:
        if read_step(path) == step:
            return path
    steps = ", ".join(str(read_step(path)) for path in paths) or "none"
    raise InputError(f"step={step}: {folder} holds the steps {steps}; give one of them.")


def read_step(path):
    """Returns the step in a checkpoint's name."""
    return int(path.rsplit("-", 1)[1])


def _list_checkpoints(folder):
    """Returns the names of all complete checkpoints, and the paths of those still there."""
    state = _read_state(folder)
    listed = (state.all_model_checkpoint_paths or [state.model_checkpoint_path]) if state else []
    # The list is written a second time after old checkpoints are deleted: some may be gone.
    paths = [path for path in listed if os.path.isfile(path + ".index")]
    return [os.path.basename(path) for path in listed], paths


def _read_state(folder):
    try:
        state = tf.train.get_checkpoint_state(folder)
    except ValueError:
        state = None
    path = os.path.join(folder, "checkpoint")
    if state is None and os.path.isfile(path):
        raise InputError(
            f"{path}: this list of checkpoints is damaged; to go on from step N write the line "
            f'model_checkpoint_path: "{_PREFIX}-N" into it.'
        )
    return state


def _restore(checkpoint, path, check):
    try:
        getattr(checkpoint.restore(path), check)().expect_partial()
    except _READ_ERRORS as error:
        raise InputError(
            f"{path}: cannot be restored; it is damaged or belongs to another model "
            f"({_shorten(error)}).{_advise(path)}"
        ) from error


def _advise(path):
    """Returns how to go on without a checkpoint, where one before it is there."""
    folder = os.path.dirname(path)
    before = [read_step(other) for other in _list_checkpoints(folder)[1] if other != path]
    return f" To use that of step {before[-1]}, delete {path}.*" if before else ""


def _describe_latest(folder):
    path = find_checkpoint(folder)
    return f"step {read_step(path)}" if path else "the beginning"


def _shorten(error):
    """Returns an error's own words, without what TensorFlow says of the operation, on a line."""
    text = " ".join(_OPERATION.sub("", str(error)).split())[:200]
    if isinstance(error, tf.errors.ResourceExhaustedError) and _NO_SPACE not in text:
        return f"{_NO_SPACE}: {text}"  # it stands behind a long path, if at all
    return text
