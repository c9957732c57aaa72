"""Options of the door that exports."""

import dataclasses
import os

from tfreid.errors import InputError
from tfreid.options.fields import Checked, option
from tfreid.options.paths import make_absolute


@dataclasses.dataclass(frozen=True)
class ExportOptions(Checked):
    """Which trained network goes where."""

    workdir: str = option("", "Folder of the training run.")
    step: int = option(-1, "Checkpoint to export; -1 for the latest.", minimum=-1)
    export_dir: str = option(
        "", "Folder for the versions 1, 2, ...; empty for `export` in the workdir."
    )

    def check(self):
        if not self.workdir:
            raise InputError("`workdir` is empty: give the folder of a training run.")

    def with_absolute_paths(self):
        """Returns the same with folders that hold from every current directory, none empty."""
        workdir = make_absolute(self.workdir)
        folder = make_absolute(self.export_dir) or os.path.join(workdir, "export")
        return dataclasses.replace(self, workdir=workdir, export_dir=folder)
