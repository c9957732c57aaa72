"""Options: frozen dataclasses, their checks, and the command line made from them."""

import dataclasses
from typing import NamedTuple, Union

from tfreid.errors import InputError
from tfreid.options.data import DATASETS, AugmentOptions, DataOptions
from tfreid.options.flags import describe, make_command, parse, to_flagfile
from tfreid.options.kvm_mn import KvmMnOptions
from tfreid.options.learning import IdentityLearningOptions
from tfreid.options.pair_scoring import PairScoringOptions
from tfreid.options.paths import make_absolute
from tfreid.options.run import EvaluationOptions, RunOptions
from tfreid.options.setwise import SetwiseLearningOptions
from tfreid.options.sona_net import SonaNetOptions
from tfreid.options.systems import KVM_MN, SONA_NET, SYSTEMS, TRAIN_GROUPS, find_system


class TrainOptions(NamedTuple):
    """Everything that makes a training run of one system (see `SYSTEMS`)."""

    data: DataOptions
    augment: AugmentOptions
    model: Union[SonaNetOptions, KvmMnOptions]
    learning: Union[IdentityLearningOptions, SetwiseLearningOptions]
    run: RunOptions
    evaluation: Union[EvaluationOptions, PairScoringOptions]

    @classmethod
    def parse(cls, argv):
        """Returns the options of a command line, program name first; see `flags.parse`.

        `--model` decides which flags there are, and their defaults.
        """
        return cls(*parse(argv, find_system(argv))).check()

    @classmethod
    def read(cls, path, overrides=()):
        """Returns the options of a flagfile, with further `--name=value` on top."""
        return cls.parse(make_command(path, overrides))

    def with_absolute_paths(self):
        """Returns the same with files and folders that hold from every current directory."""
        data = dataclasses.replace(self.data, data_dir=make_absolute(self.data.data_dir))
        run = dataclasses.replace(
            self.run,
            workdir=make_absolute(self.run.workdir),
            initial_weights=make_absolute(self.run.initial_weights),
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


__all__ = [
    "DATASETS",
    "KVM_MN",
    "SONA_NET",
    "SYSTEMS",
    "TRAIN_GROUPS",
    "AugmentOptions",
    "DataOptions",
    "EvaluationOptions",
    "IdentityLearningOptions",
    "KvmMnOptions",
    "PairScoringOptions",
    "RunOptions",
    "SetwiseLearningOptions",
    "SonaNetOptions",
    "TrainOptions",
    "describe",
    "find_system",
    "parse",
    "to_flagfile",
]
