"""What a published table is: columns of data sets, rows of trainings, figures."""

import math
from typing import NamedTuple

from tfreid.errors import InputError, suggest
from tfreid.options.flagfiles import expand_flagfiles
from tfreid.options.flags import to_flags

PAPER, SMALL = "paper", "small"  # values of `--scale`
METRICS = ("mAP", "rank1", "rank5", "rank10")
FORWARD_MS = "forward_ms"  # milliseconds of one image's way through the network
FORWARD_TIME = "forward_time"  # who measured these, as a line of metrics.jsonl says


class Column(NamedTuple):
    """A data set of a table, with the people who are tested on.

    Attributes:
      name: unique among the table's columns.
      title: the paper's words.
      dataset: value of `--dataset`.
      printed: the metrics that the paper prints, in its order.
      overrides: {flag: value} of who is tested on.
      splits: values of `--split`, over which the paper takes the mean; () where there is one only.
    """

    name: str
    title: str
    dataset: str
    printed: tuple = METRICS
    overrides: dict = {}
    splits: tuple = ()


class Figures(NamedTuple):
    """Published figures of one row and column: {metric: percent, or milliseconds}."""

    means: dict
    deviations: dict  # empty where the paper gives none


class Row(NamedTuple):
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


class SmallScale(NamedTuple):
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
        # Up: nothing that a row is about becomes 0.
        divided = {name: math.ceil(own[name] / by) for name, by in self.divisors.items()}
        kept = {"model", "dataset", *divided}
        recipe = expand_flagfiles(["", f"--recipe={self.recipe}"])[1:]
        flags = [flag for flag in recipe if flag[2:].partition("=")[0] not in kept]
        return flags + to_flags(divided)


class Table(NamedTuple):
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

    def choose_rows(self, names):
        """Returns the rows of these names, in the table's order; all for no names.

        Raises:
          InputError: for a name that the table lacks.
        """
        names, known = [name.strip() for name in names], [row.name for row in self.rows]
        unknown = [name for name in names if name not in known]
        if unknown:
            raise InputError(
                f"rows={','.join(names)}: {self.name} has no row {unknown[0]}; "
                f"{suggest(unknown[0], known)}its rows are {', '.join(known)}."
            )
        return tuple(row for row in self.rows if not names or row.name in names)

    def choose_columns(self, dataset):
        """Returns (columns, whether the data set is none of the table's).

        All for ""; for a data set that the table lacks its first one, whose recipes it gets.
        """
        chosen = tuple(column for column in self.columns if dataset in ("", column.dataset))
        return (chosen, False) if chosen else (self.columns[:1], True)


def make_row(recipe, columns, name, title, overrides, *texts):
    """Returns a `Row`; `texts` are its figures in each of the first columns, see `read_figures`."""
    figures = {
        column.name: read_figures(column.printed, text) for column, text in zip(columns, texts)
    }
    return Row(name, title, recipe, overrides, figures)


def read_figures(names, text):
    """Returns the `Figures` of a text, as a table prints them: "88.67 95.68 +- 0.08 0.18".

    Args:
      names: metrics.
      text: a number for each of them, then "+-" and as many deviations, or none.
    """
    numbers = [[float(number) for number in part.split()] for part in text.split("+-")]
    if any(len(part) != len(names) for part in numbers) or len(numbers) > 2:
        raise ValueError(f"{text!r}: not {len(names)} numbers, nor as many deviations.")
    return Figures(*(dict(zip(names, part)) for part in [*numbers, ()][:2]))
