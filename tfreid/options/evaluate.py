"""Options of the commands that take a trained network."""

import dataclasses
import os

from tfreid.data.specs import REASSOCIATION, SPECS
from tfreid.errors import InputError
from tfreid.options.fields import Checked, option
from tfreid.options.paths import make_absolute
from tfreid.weights.catalogue import find_network


@dataclasses.dataclass(frozen=True)
class NetworkOptions(Checked):
    """Which trained network."""

    workdir: str = option("", "Folder of the training run.", absolute=make_absolute)
    model: str = option("", "In its place: the name of weights; `tfreid models` lists them.")
    step: int = option(-1, "Checkpoint to use; -1 for the latest.", minimum=-1)

    def check(self):
        if self.model and (self.workdir or self.step >= 0):
            other = "`workdir`" if self.workdir else "`step`"
            raise InputError(f"model={self.model}: is a network by itself; leave {other} out.")

    @property
    def place(self):
        """Where the network is from: a workdir, or a name.

        Raises:
          InputError: where neither is given, or there is no such name.
        """
        if self.model:
            find_network(self.model)
        elif not self.workdir:
            raise InputError("`workdir` is empty: give the folder of a training run, or a `model`.")
        return self.model or self.workdir


@dataclasses.dataclass(frozen=True)
class CheckpointOptions(NetworkOptions):
    """Which trained network, and on which data: by default those it was trained on."""

    dataset: str = option(
        "", "Another data set to evaluate on (cross-domain).", choices=SPECS, may_be_empty=True
    )
    data_dir: str = option("", "Its folder, or CSV file.", absolute=make_absolute)
    split: str = option("", "Its split, where it has several; empty for its first.")
    test_identities: int = option(
        0, "Identities that its split tests on; 0 for the usual number.", minimum=0
    )

    @property
    def has_frames(self):
        """Whether the data set has frames with several people, not a picture of each."""
        return bool(self.dataset) and SPECS[self.dataset].protocol == REASSOCIATION


@dataclasses.dataclass(frozen=True)
class MeasureOptions(Checked):
    """What is measured besides."""

    multi_query: bool = option(
        False,
        "Measure again with several images for each query (Zheng et al., 2015): the mean embedding "
        "of its person in its camera, from gt_bbox where the data set has it, else from query and "
        "gallery. For systems that embed.",
    )
    rerank: bool = option(
        False,
        "Measure again after k-reciprocal re-ranking (Zhong et al., 2017; k1=20, k2=6, "
        "lambda=0.3) of the whole gallery, queries among the neighbors. For systems that embed.",
    )
    gaps: tuple = option(
        (1, 10, 50),
        "Of MOT sequences: how many frames later each person is looked for.",
        minimum=1,
        element=int,
    )
    stride: int = option(
        60,
        "Of MOT sequences: who is in a frame whose number this divides is looked for.",
        minimum=1,
    )

    def check(self):
        if not self.gaps:
            raise InputError("`gaps` is empty: give numbers of frames, as in 1,10,50.")

    def compares(self, frame):
        """Returns whether a frame has queries or candidates."""
        return any((frame - gap) % self.stride == 0 for gap in (0, *self.gaps))


@dataclasses.dataclass(frozen=True)
class VisualizeOptions(Checked):
    """Where the pictures go."""

    out: str = option("", "Folder for the PNG files.", absolute=make_absolute)


@dataclasses.dataclass(frozen=True)
class ExportOptions(NetworkOptions):
    """Which trained network goes where."""

    format: str = option(
        "savedmodel",
        "'savedmodel' for TF Serving; 'onnx' or 'tflite': one file of a system that embeds.",
        choices=("savedmodel", "onnx", "tflite"),
    )
    export_dir: str = option(
        "",
        "Folder for the versions 1, 2, ...; empty for `export` in the workdir.",
        absolute=make_absolute,
    )

    def check(self):
        super().check()
        if self.model and not self.export_dir:
            raise InputError(f"model={self.model}: is a network by itself; give an `export_dir`.")

    def with_absolute_paths(self):
        """Returns the same with folders that hold from every current directory, none empty."""
        same = super().with_absolute_paths()
        folder = same.export_dir or os.path.join(same.place, "export")
        return dataclasses.replace(same, export_dir=folder)
