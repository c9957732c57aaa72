"""Options of the commands that look at a trained network."""

import dataclasses

from tfreid.data.specs import SPECS
from tfreid.options.fields import Checked, option
from tfreid.options.paths import make_absolute


@dataclasses.dataclass(frozen=True)
class CheckpointOptions(Checked):
    """Which trained network, and on which data: by default those it was trained on."""

    workdir: str = option("", "Folder of the training run.")
    step: int = option(-1, "Checkpoint to use; -1 for the latest.", minimum=-1)
    dataset: str = option(
        "", "Another data set to evaluate on (cross-domain).", choices=SPECS, may_be_empty=True
    )
    data_dir: str = option("", "Its folder, or CSV file.")
    split: str = option("", "Its split, where it has several; empty for its first.")
    test_identities: int = option(
        0, "Identities that its split tests on; 0 for the usual number.", minimum=0
    )

    def with_absolute_paths(self):
        """Returns the same with folders that hold from every current directory."""
        return dataclasses.replace(
            self, workdir=make_absolute(self.workdir), data_dir=make_absolute(self.data_dir)
        )


@dataclasses.dataclass(frozen=True)
class VisualizeOptions(Checked):
    """Where the pictures go."""

    out: str = option("", "Folder for the PNG files.")

    def with_absolute_paths(self):
        """Returns the same with a folder that holds from every current directory."""
        return dataclasses.replace(self, out=make_absolute(self.out))
