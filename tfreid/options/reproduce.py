"""Options of repeating a published table."""

import dataclasses

from tfreid.data.specs import SPECS
from tfreid.errors import InputError
from tfreid.options.fields import Checked, option
from tfreid.options.paths import make_absolute, make_absolute_weights

AS_THE_PAPER = -1


@dataclasses.dataclass(frozen=True)
class ReproduceOptions(Checked):
    """Which table, on which data, how often and how large."""

    table: str = option(
        "", "Table to repeat: sona_table_5, kvm_table_3, ...; an unknown one lists all."
    )
    rows: tuple = option((), "Rows to run, by name, separated by commas; empty: all.", element=str)
    dataset: str = option(
        "",
        "One data set: of the table's, or another one for a try; empty: all of the table's.",
        choices=SPECS,
        may_be_empty=True,
    )
    data_dir: str = option(
        "",
        "Folder of the data set; of several data sets, the folder that holds theirs.",
        absolute=make_absolute,
    )
    out: str = option(
        "", "Folder of the runs and of the table. Given again, it goes on.", absolute=make_absolute
    )
    scale: str = option(
        "paper",
        "'paper': the recipes as published. 'small': the same rows with small images, narrow "
        "networks and few steps, for a laptop.",
        choices=("paper", "small"),
    )
    seeds: int = option(
        AS_THE_PAPER,
        "Runs of each row with the seeds 0, 1, ...; -1: as many as the paper.",
        minimum=AS_THE_PAPER,
        maximum=1000,
    )
    splits: int = option(
        AS_THE_PAPER,
        "Splits of a data set that the paper averages over; -1: all of them, at small scale one.",
        minimum=AS_THE_PAPER,
    )
    jobs: int = option(
        0,
        "Runs at the same time; 0: one for each GPU, one on a CPU.",
        minimum=0,
        maximum=1000,
    )
    initial_weights: str = option(
        "",
        "ImageNet weights to start from, as for tfreid.train; empty: random weights.",
        absolute=make_absolute_weights,
    )
    train_flags: str = option(
        "",
        "Further flags of tfreid.train for all runs, as in '--precision=mixed_float16'; the table "
        "names them.",
    )
    print_commands: bool = option(
        False,
        "Run nothing: print the command of each run that is not done, one a line, for a cluster or "
        "xargs. Afterwards the same without this flag makes the table.",
    )

    def check(self):
        for name in ("seeds", "splits"):
            if getattr(self, name) == 0:
                raise InputError(f"{name}=0: must be at least 1, or -1 for as many as the paper.")
