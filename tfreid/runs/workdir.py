"""The folder of a run: what lies where, and whether a run may go on there."""

import dataclasses
import os

from tfreid.errors import InputError
from tfreid.files import write_text
from tfreid.options import TrainOptions, to_flagfile
from tfreid.options.fields import rule_of
from tfreid.options.flags import to_text


class Workdir:
    """Names of what a run leaves behind.

    Attributes:
      path: the folder.
      flags: the effective flags, a flagfile that repeats the run.
      provenance: versions, data fingerprint, origin of the weights.
      checkpoints: folder of the checkpoints.
      metrics: one JSON object per evaluation.
      tensorboard: folder for `tensorboard --logdir`.
    """

    def __init__(self, path):
        self.path = path
        self.flags = os.path.join(path, "flags.cfg")
        self.provenance = os.path.join(path, "provenance.json")
        self.checkpoints = os.path.join(path, "checkpoints")
        self.metrics = os.path.join(path, "metrics.jsonl")
        self.tensorboard = os.path.join(path, "tensorboard")

    def read_options(self, overrides=()):
        """Returns the `TrainOptions` of the run that lives here, `--name=value` on top.

        Raises:
          InputError: where no run lives here.
        """
        if not os.path.isfile(self.flags):
            raise InputError(
                f"--workdir={self.path}: no run lives here (flags.cfg is missing); give the "
                "--workdir of a training."
            )
        return TrainOptions.read(self.flags, overrides)


def open_workdir(path, options, writes=True):
    """Makes a new workdir, or checks that a run with these options may go on in an old one.

    Args:
      path: `--workdir`.
      options: `TrainOptions`.
      writes: whether this process is the one that writes (the chief).

    Raises:
      InputError: without a path, where it cannot be written, or where other flags live there.
    """
    if not path:
        raise InputError("--workdir is empty: give the folder in which the run shall live.")
    workdir = Workdir(path)
    if os.path.isfile(workdir.flags):
        _refuse_other_flags(workdir, options)
    elif os.path.isdir(workdir.checkpoints) and os.listdir(workdir.checkpoints):
        raise InputError(f"--workdir={path}: holds checkpoints but no flags.cfg; give another.")
    if writes:
        _prepare(workdir, options)
    return workdir


def _prepare(workdir, options):
    try:
        os.makedirs(workdir.checkpoints, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"--workdir={workdir.path}: cannot be made ({error.strerror}); give a folder that can "
            "be written."
        ) from error
    write_text(workdir.flags, to_flagfile(options))


def _refuse_other_flags(workdir, options):
    differing = [
        f"--{field.name}={to_text(before)} (now {to_text(now)})"
        for old, new in zip(workdir.read_options(), options)
        for field in dataclasses.fields(old)
        for before, now in [(getattr(old, field.name), getattr(new, field.name))]
        if before != now and rule_of(field).shapes_result
    ]
    if differing:
        raise InputError(
            f"--workdir={workdir.path}: was started with {', '.join(differing)}; give the same "
            "flags, or another --workdir."
        )
