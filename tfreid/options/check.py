"""Options of the check of a data set."""

import dataclasses

from tfreid.options.fields import Checked, option

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
    identities_per_batch: int = option(32, "P of the training that is planned.", minimum=2)
    images_per_identity: int = option(4, "K of the training that is planned.", minimum=2)
