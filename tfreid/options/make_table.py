"""Options of the door that makes a table of photos."""

import dataclasses

from tfreid.options.fields import Checked, option
from tfreid.options.paths import make_absolute


@dataclasses.dataclass(frozen=True)
class TableOptions(Checked):
    """Which photos become a table, and who is tested on."""

    folder: str = option(
        "",
        "Folder of the photos; the name may also stand alone, without a flag.",
        absolute=make_absolute,
    )
    pattern: str = option(
        "{pid}/{}",
        "How paths from the folder on are read: {pid} is the person, {camid} the camera, {} "
        "anything within one name. Without {camid} the cameras are unknown.",
    )
    test_share: float = option(
        0.2, "Share of the people to test on; the others are learned from.", minimum=0, maximum=1
    )
    seed: int = option(0, "Seed of the draw.", minimum=0, maximum=2**31 - 1)
    out: str = option("", "The table, a new .csv file.", absolute=make_absolute)
