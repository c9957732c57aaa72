"""Options: frozen dataclasses, their checks, and the command line made from them."""

import dataclasses
import os
from typing import NamedTuple

from tfreid.errors import InputError
from tfreid.options.data import DATASETS, AugmentOptions, DataOptions
from tfreid.options.flags import describe, parse, read_flagfile, to_flagfile
from tfreid.options.learning import IdentityLearningOptions
from tfreid.options.run import EvaluationOptions, RunOptions
from tfreid.options.sona_net import SonaNetOptions


class TrainOptions(NamedTuple):
    """Everything that makes a training run."""

    data: DataOptions
    augment: AugmentOptions
    model: SonaNetOptions
    learning: IdentityLearningOptions
    run: RunOptions
    evaluation: EvaluationOptions

    @classmethod
    def parse(cls, argv):
        """Returns the options of a command line, program name first; see `flags.parse`."""
        return cls(*parse(argv, TRAIN_GROUPS)).check()

    @classmethod
    def read(cls, path, overrides=()):
        """Returns the options of a flagfile, with further `--name=value` on top."""
        return cls(*read_flagfile(path, TRAIN_GROUPS, overrides)).check()

    def with_absolute_paths(self):
        """Returns the same with files and folders that hold from every current directory."""
        data = dataclasses.replace(self.data, data_dir=_make_absolute(self.data.data_dir))
        run = dataclasses.replace(
            self.run,
            workdir=_make_absolute(self.run.workdir),
            initial_weights=_make_absolute(self.run.initial_weights),
        )
        return self._replace(data=data, run=run)

    def check(self):
        """Returns itself, or raises `InputError` where groups contradict each other."""
        data, augment = self.data, self.augment
        cuts = augment.cutout_probability > 0
        if cuts and (augment.cutout_height > data.height or augment.cutout_width > data.width):
            raise InputError(
                f"--cutout_height={augment.cutout_height} --cutout_width={augment.cutout_width}: "
                f"larger than the image (--height={data.height} --width={data.width}); make it "
                "smaller, or give --cutout_probability=0."
            )
        return self


def _make_absolute(path):
    return os.path.abspath(os.path.expanduser(path)) if path else path


TRAIN_GROUPS = tuple(TrainOptions.__annotations__.values())

__all__ = [
    "DATASETS",
    "TRAIN_GROUPS",
    "AugmentOptions",
    "DataOptions",
    "EvaluationOptions",
    "IdentityLearningOptions",
    "SonaNetOptions",
    "RunOptions",
    "TrainOptions",
    "describe",
    "parse",
    "read_flagfile",
    "to_flagfile",
]
