"""Checkpoints of a run: written aside and renamed, kept by number, restored whole or not at all."""

import contextlib
import glob
import os
import re
import shutil
import tempfile

import tensorflow as tf
from absl import logging

from tfreid.errors import InputError, shorten
from tfreid.files import name_plainly
from tfreid.runs.checkpoint_files import (
    advise,
    check_step,
    check_sums,
    find_checkpoint,
    list_steps,
    name_checkpoint,
    read_step,
    write_list,
    write_sums,
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
        self._keep = keep
        self._step = None  # of the checkpoint that was last written or read
        self._aside = None if writes else tempfile.mkdtemp(prefix="tfreid-worker-")
        self._checkpoint = tf.train.Checkpoint(**parts, origin=origin)

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
            superfluous = self._write(self._aside or self._folder, step)
        except (tf.errors.OpError, OSError, InputError) as error:
            self._remove_partial(step)
            if _COLLECTIVE in str(error):
                raise
            raise InputError(
                f"{self._folder}: the checkpoint of step {step} cannot be written "
                f"({_shorten(error)}); make room and give the same command again, it goes on from "
                f"{_describe_latest(self._folder)}."
            ) from error
        self._step = step
        self._remove_old(superfluous)

    def restore_latest(self):
        """Restores the latest checkpoint and returns its step, or returns None without one."""
        if not self._aside:
            self._remove_leftovers()
        path = find_checkpoint(self._folder)
        if path is None:
            return None
        _restore(self._checkpoint, path, "assert_consumed")
        self._step = _check_step(path, self._origin)
        return self._step

    def close(self):
        """Removes what a worker other than the chief has written aside."""
        if self._aside:
            shutil.rmtree(self._aside, ignore_errors=True)

    def _write(self, folder, step):
        """Writes a checkpoint, its sums, and the list; returns files of older ones to delete."""
        # `write` does not count; `save` would, under names and in a list of its own.
        self._checkpoint.save_counter.assign_add(1)
        path = name_checkpoint(folder, step)
        self._checkpoint.write(path)
        write_sums(path)
        before = [other for other in list_steps(folder) if other < step]
        kept = [*before[max(0, len(before) + 1 - self._keep) :], step]
        write_list(folder, kept)
        names = (glob.escape(name_checkpoint(folder, old)) for old in set(before) - set(kept))
        return [path for name in names for path in glob.glob(f"{name}.*")]

    def _remove_old(self, paths):
        """The new checkpoint is whole: what stays only takes space."""
        for path in paths:
            try:
                os.remove(path)
            except OSError as error:
                logging.warning("%s: an old checkpoint stays (%s).", path, error.strerror)

    def _remove_partial(self, step):
        """Deletes what a failed save has left, or the disk would stay full."""
        name = os.path.basename(name_checkpoint(self._folder, step))
        self._remove(f"{name}.*", f"{name}_temp", within=self._aside)

    def _remove_leftovers(self):
        """Deletes what a process killed while saving has left half-written."""
        self._remove("step-*_temp", "checkpoint.tmp*", ".checkpoint.*.tmp", ".step-*.tmp")

    def _remove(self, *patterns, within=None):
        for pattern in patterns:
            for path in glob.glob(os.path.join(glob.escape(within or self._folder), pattern)):
                shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)


def restore_network(network, origin, folder, step=None):
    """Restores only a network and its origin from a run's checkpoints; returns the step.

    Args:
      network: built model.
      origin: `Origin` to fill.
      folder: where the checkpoints lie.
      step: which one; None for the latest.

    Raises:
      InputError: without such a checkpoint, or where it is damaged or belongs to another model.
    """
    path = find_checkpoint(folder, step)
    if path is None:
        raise InputError(f"{folder}: holds no checkpoint; train first.")
    checkpoint = tf.train.Checkpoint(network=network, origin=origin)
    _restore(checkpoint, path, "assert_existing_objects_matched")
    return _check_step(path, origin)


def list_shapes(path):
    """Returns {name in the checkpoint: shape} of its variables; raises `InputError` as above."""
    with _explaining(path), name_plainly(path) as plain:
        return tf.train.load_checkpoint(plain).get_variable_to_shape_map()


def _restore(checkpoint, path, check):
    with _explaining(path), name_plainly(path) as plain:
        # Else what was left aside is told in a warning when the process ends.
        getattr(checkpoint.restore(plain), check)().expect_partial()


def _check_step(path, origin):
    """Returns the step of a checkpoint; raises where its name says another than it does itself."""
    step = read_step(path)
    check_step(path, origin.facts.get("steps", step))
    return step


@contextlib.contextmanager
def _explaining(path):
    """Says which checkpoint it is that cannot be restored.

    One that is as it was written is never called damaged: then it is another model's.
    """
    is_whole = check_sums(path)
    try:
        yield
    except InputError:
        raise
    except Exception as error:  # of a damaged one, whatever TensorFlow, protobuf and JSON raise
        what = "it belongs" if is_whole else "it is damaged or belongs"
        raise InputError(
            f"{path}: cannot be restored; {what} to another model ({_shorten(error)})."
            f"{'' if is_whole else advise(path)}"
        ) from error


def _describe_latest(folder):
    path = find_checkpoint(folder)
    return f"step {read_step(path)}" if path else "the beginning"


def _shorten(error):
    """Returns an error's own words, without what TensorFlow says of the operation, on a line."""
    text = shorten(_OPERATION.sub("", str(error)))
    if isinstance(error, tf.errors.ResourceExhaustedError) and _NO_SPACE not in text:
        return f"{_NO_SPACE}: {text}"  # it stands behind a long path, if at all
    return text
