"""Options of the check of a data set."""

import dataclasses

from tfreid.errors import InputError
from tfreid.options.fields import Checked, option
from tfreid.options.paths import make_absolute

PURPOSES = ("both", "train", "evaluate")


@dataclasses.dataclass(frozen=True)
class CheckOptions(Checked):
    """What the data are for, and how closely they are looked at."""

    purpose: str = option(
        "both", "What must work for exit code 0: training, evaluation or both.", choices=PURPOSES
    )
    full: bool = option(
        True, "Decode every image and look for copies; otherwise read image headers only."
    )
    report: str = option(
        "",
        "CSV file that lists all that is wrong, every file by itself; the terminal tells five.",
        absolute=make_absolute,
    )
    identities_per_batch: int = option(
        0, "P of the training that is planned; 0 if it is not decided yet.", minimum=0
    )
    images_per_identity: int = option(4, "K of the training that is planned.", minimum=2)

    def check(self):
        if self.report and not self.report.lower().endswith(".csv"):
            raise InputError(f"report={self.report}: give a name that ends in .csv.")
        if self.identities_per_batch == 1:
            raise InputError(
                "identities_per_batch=1: must be at least 2, or 0 if it is not decided yet."
            )
