"""Options of the door that exports."""

import dataclasses
import os

from tfreid.errors import InputError
from tfreid.options.fields import Checked, option
from tfreid.options.paths import make_absolute
from tfreid.weights.catalogue import find_network


@dataclasses.dataclass(frozen=True)
class ExportOptions(Checked):
    """Which trained network goes where."""

    workdir: str = option("", "Folder of the training run.", absolute=make_absolute)
    model: str = option("", "In its place: the name of weights; `tfreid models` lists them.")
    step: int = option(-1, "Checkpoint to export; -1 for the latest.", minimum=-1)
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
        if self.model:
            find_network(self.model)
            if self.workdir or not self.export_dir:
                cure = "leave `workdir` out" if self.workdir else "give an `export_dir`"
                raise InputError(f"model={self.model}: is a network by itself; {cure}.")
        elif not self.workdir:
            raise InputError("`workdir` is empty: give the folder of a training run, or a `model`.")

    @property
    def place(self):
        """Where the network is from: a workdir, or a name."""
        return self.model or self.workdir

    def with_absolute_paths(self):
        """Returns the same with folders that hold from every current directory, none empty."""
        same = super().with_absolute_paths()
        folder = same.export_dir or os.path.join(same.workdir, "export")
        return dataclasses.replace(same, export_dir=folder)
