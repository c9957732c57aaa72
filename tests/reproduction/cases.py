"""What the tests of tables share: small plans, and runs that look finished."""

import json
import os

from tfreid.options import TrainOptions
from tfreid.options.flags import to_flags
from tfreid.options.reproduce import ReproduceOptions
from tfreid.reproduction.command import mark_finished
from tfreid.reproduction.plan import Plan
from tfreid.runs.workdir import Workdir

LINE = {"source": "train", "step": 7, "dataset": "market1501", "mAP": 50.0, "rank1": 70.0}
LINE.update(rank5=80.0, rank10=90.0)


def make_options(out, **changes):
    """Options of Table 2 at small scale; the folder of data need not be there."""
    options = {"table": "sona_table_2", "scale": "small", "seeds": 1, "data_dir": "D"}
    return ReproduceOptions(**{**options, "out": str(out), **changes})


def make_plan(out, **changes):
    """The plan of `make_options`."""
    return Plan(make_options(out, **changes))


def finish(run, **changes):
    """Makes a run's folder look as after its end; returns the line of its result."""
    workdir = Workdir(run.workdir)
    os.makedirs(workdir.path, exist_ok=True)
    workdir.write_options(run.options)
    line = {**LINE, **changes}
    with open(workdir.metrics, "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    return mark_finished(run)


def read_row(row, column, small=None):
    """Returns the `TrainOptions` of a row, at the paper's scale or a `SmallScale`."""
    flags = [f"--recipe={row.recipe}", *to_flags(row.overrides)]
    flags += to_flags({"dataset": column.dataset, **column.overrides})
    paper = TrainOptions.parse(["tfreid", *flags])
    return TrainOptions.parse(["tfreid", *flags, *small.list_flags(paper)]) if small else paper


def list_flags(options):
    """Returns {flag: value} of all groups."""
    return {name: value for group in options for name, value in vars(group).items()}
