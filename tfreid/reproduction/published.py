"""What a published table is: columns of data sets, rows of trainings, figures."""

import dataclasses
import math

from tfreid.options.fields import to_text
from tfreid.options.flagfiles import expand_flagfiles

PAPER, SMALL = "paper", "small"  # values of `--scale`
METRICS = ("mAP", "rank1", "rank5", "rank10")
FORWARD_MS = "forward_ms"  # milliseconds of one image's way through the network
FORWARD_TIME = "forward_time"  # who measured these, as a line of metrics.jsonl says


def to_flags(values):
    """Returns {flag: value} as ["--name=value", ...]."""
    return [f"--{name}={to_text(value)}" for name, value in values.items()]


@dataclasses.dataclass(frozen=True)
class Column:
    """A data set of a table, with the people who are tested on.

    Attributes:
      name: unique among the table's columns.
      title: the paper's words.
      dataset: value of `--dataset`.
      overrides: {flag: value} of who is tested on.
      splits: values of `--split`, over which the paper takes the mean; () where there is one only.
    """

    name: str
    title: str
    dataset: str
    overrides: dict = dataclasses.field(default_factory=dict)
    splits: tuple = ()


@dataclasses.dataclass(frozen=True)
class Figures:
    """Published figures of one row and column.

    Attributes:
      means: {metric: percent, or milliseconds for FORWARD_MS}.
      deviations: {metric: the same unit}; empty where the paper gives none.
    """

    means: dict = dataclasses.field(default_factory=dict)
    deviations: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Row:
    """A system or variant of a table: all that is said of it.

    Attributes:
      name: for `--rows` and folders.
      title: the paper's words.
      recipe: name of the recipe that it starts from.
      overrides: {flag: value} of what it changes there.
      figures: {column's name: Figures}; a column is missing where the paper gives no figure.
    """

    name: str
    title: str
    recipe: str
    overrides: dict
    figures: dict


@dataclasses.dataclass(frozen=True)
class SmallScale:
    """How all rows of a table become small, for a laptop: small images, narrow networks, few steps.

    What a row is about (attention, what is dropped, heads, M, augmentation) stays. Where a row says
    it by a size, that size is divided, so that rows still differ by the same factor.

    Attributes:
      recipe: name of the small recipe; its flags go behind those of a row.
      divisors: {flag: what a row's own value is divided by}, rounded up.
    """

    recipe: str
    divisors: dict

    def list_flags(self, options):
        """Returns the flags ["--name=value", ...] that make a row's `TrainOptions` small."""
        own = {name: value for group in options for name, value in vars(group).items()}
        divided = {name: math.ceil(own[name] / by) for name, by in self.divisors.items()}
        kept = {"model", "dataset", *divided}
        recipe = expand_flagfiles(["", f"--recipe={self.recipe}"])[1:]
        flags = [flag for flag in recipe if flag[2:].partition("=")[0] not in kept]
        return flags + to_flags(divided)


@dataclasses.dataclass(frozen=True)
class Table:
    """A published table.

    Attributes:
      name: value of `--table`.
      title: where it stands, in words.
      columns: tuple of Column.
      rows: tuple of Row.
      small: `SmallScale` of its rows.
      seeds: runs of each row and column (and split) in the paper.
      is_timing: whether it gives milliseconds of a forward pass, not scores.
      note: what a reader of its figures has to know, or "".
    """

    name: str
    title: str
    columns: tuple
    rows: tuple
    small: SmallScale
    seeds: int = 1
    is_timing: bool = False
    note: str = ""

    @property
    def metrics(self):
        """Names of what is measured, in the order in which they are shown."""
        return (FORWARD_MS,) if self.is_timing else METRICS


def read_figures(names, means, deviations=""):
    """Returns the Figures of numbers written one after the other, as a table prints them.

    Args:
      names: metrics.
      means: text with a number for each of them.
      deviations: the same, or "".
    """
    numbers = [[float(number) for number in text.split()] for text in (means, deviations)]
    if len(numbers[0]) != len(names) or len(numbers[1]) not in (0, len(names)):
        raise ValueError(f"{means!r}, {deviations!r}: not {len(names)} numbers.")
    return Figures(*(dict(zip(names, row)) for row in numbers))
