"""What a published table is: columns of data sets, rows of recipes, figures."""

import dataclasses

METRICS = ("mAP", "rank1", "rank5", "rank10")
FORWARD_MS = "forward_ms"  # milliseconds of one image's way through the network
FORWARD_TIME = "forward_time"  # who measured these, as a line of metrics.jsonl says


@dataclasses.dataclass(frozen=True)
class Column:
    """A data set of a table, with the people who are tested on.

    Attributes:
      name: unique among the table's columns; the end of its recipes' names.
      title: the paper's words.
      dataset: value of `--dataset`.
      splits: values of `--split`, over which the paper takes the mean; () where there is one only.
    """

    name: str
    title: str
    dataset: str
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
    """A system or variant of a table.

    Attributes:
      name: for `--rows` and folders.
      title: the paper's words.
      recipes: {column's name: flagfile's name in configs/, without its ending}.
      figures: {column's name: Figures}; a column is missing where the paper gives no figure.
    """

    name: str
    title: str
    recipes: dict
    figures: dict


@dataclasses.dataclass(frozen=True)
class Table:
    """A published table.

    Attributes:
      name: value of `--table`.
      title: where it stands, in words.
      system: value of `--model`.
      columns: tuple of Column.
      rows: tuple of Row.
      seeds: runs of each row and column (and split) in the paper.
      is_timing: whether it gives milliseconds of a forward pass, not scores.
      note: what a reader of its figures has to know, or "".
    """

    name: str
    title: str
    system: str
    columns: tuple
    rows: tuple
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
