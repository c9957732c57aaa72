"""Which runs a table needs, and with which flags."""

import dataclasses
import os
import re
import shlex

from tfreid.data.specs import CHOICES
from tfreid.errors import InputError, suggest
from tfreid.options import DataOptions, TrainOptions
from tfreid.options.flags import to_flags
from tfreid.options.paths import names_weights
from tfreid.options.reproduce import AS_THE_PAPER
from tfreid.reproduction.kvm_mn_tables import KVM_MN_TABLES
from tfreid.reproduction.published import PAPER, SMALL, Column, Row
from tfreid.reproduction.sona_net_tables import SONA_NET_TABLES

TABLES = {table.name: table for table in (*SONA_NET_TABLES, *KVM_MN_TABLES)}

_OWN_FLAGS = ("flagfile", "recipe", "model", "workdir", "seed", "data_dir", "initial_weights")
_OWN_FLAGS += ("dataset", *CHOICES)  # `--train_flags` must not set what the plan sets


@dataclasses.dataclass(frozen=True)
class PlannedRun:
    """One training (or timing) of a row.

    Attributes:
      row: `Row`.
      column: `Column`.
      split: value of `--split`, or "" where the recipe's own stands.
      seed: value of `--seed`.
      name: path of the workdir below `--out`, for messages.
      flags: command line of the run, `--workdir` included.
      options: `TrainOptions` that these flags make.
    """

    row: Row
    column: Column
    split: str
    seed: int
    name: str
    flags: tuple
    options: TrainOptions

    @property
    def workdir(self):
        """The run's folder."""
        return self.options.run.workdir


class Plan:
    """The runs of one command.

    Attributes:
      table: `Table`.
      dataset: the one data set to run on, or "" for all of the table's.
      columns: tuple of the `Column`s that are run.
      is_foreign: whether the data set is none of the table's.
      runs: list of `PlannedRun`: all rows once, then all with the next seed.
    """

    def __init__(self, options):
        """Plans what `ReproduceOptions` ask for.

        Raises:
          InputError: for an unknown table or row, or flags that contradict each other.
        """
        self.table = _find_table(options.table)
        rows = self.table.choose_rows(options.rows)
        # Times need no data: theirs are those of the recipe's image size.
        self.dataset = "" if self.table.is_timing else options.dataset
        self.columns, self.is_foreign = self.table.choose_columns(self.dataset)
        _check(options, self)
        self._options = options
        self._extra = _read_train_flags(options.train_flags)
        seeds = range(options.seeds if options.seeds != AS_THE_PAPER else self.table.seeds)
        self.runs = [
            self.make_run(row, column, split, seed)
            for seed in seeds
            for column in self.columns
            for split in self._choose_splits(column)
            for row in rows
        ]

    def make_run(self, row, column, split, seed):
        """Returns a `PlannedRun`, whether it was asked for or not."""
        name = f"{_name(self, row, column, split)}/seed{seed}"
        workdir = os.path.join(self._options.out, name)
        flags = (
            *self._list_row_flags(row, column),
            *self._list_data_flags(split),
            *self._extra,
            *to_flags({"seed": seed, "workdir": workdir}),
        )
        return PlannedRun(row, column, split, seed, name, flags, self._read_options(flags))

    def list_found(self):
        """Returns the runs of any row whose folders are there, say from earlier commands."""
        return [
            self.make_run(row, column, split, seed)
            for row in self.table.rows
            for column in self.columns
            for split in self._list_all_splits(column)
            for seed in _list_seeds(
                os.path.join(self._options.out, _name(self, row, column, split))
            )
        ]

    def _list_row_flags(self, row, column):
        flags = [f"--recipe={row.recipe}", *to_flags(row.overrides)]
        if self.is_foreign:
            defaults = {field.name: field.default for field in dataclasses.fields(DataOptions)}
            choices = {name: defaults[name] for name in CHOICES}
            flags += to_flags({"dataset": self.dataset, **choices})
        else:
            flags += to_flags({"dataset": column.dataset, **column.overrides})
        if self._options.scale == SMALL:
            flags += self.table.small.list_flags(TrainOptions.parse(["tfreid", *flags]))
        return flags

    def _list_data_flags(self, split):
        flags = {"split": split} if split else {}
        if not self.table.is_timing:
            flags["data_dir"] = self._options.data_dir
            flags["initial_weights"] = self._options.initial_weights
        return to_flags(flags)

    def _read_options(self, flags):
        try:
            return TrainOptions.parse(["tfreid", *flags])
        except InputError as error:
            if not self._extra:
                raise
            text = self._options.train_flags
            raise InputError(f"train_flags={text} (flags of tfreid.train): {error}") from error

    def _list_all_splits(self, column):
        return ("",) if self.is_foreign else column.splits or ("",)

    def _choose_splits(self, column):
        splits, wanted = self._list_all_splits(column), self._options.splits
        if wanted == AS_THE_PAPER:
            wanted = len(splits) if self._options.scale == PAPER else 1
        return splits[:wanted]


def _find_table(name):
    if name not in TABLES:
        raise InputError(
            f"table={name}: {suggest(name, TABLES)}the tables are {', '.join(TABLES)}; give one."
        )
    return TABLES[name]


def _name(plan, row, column, split):
    """Returns the folder of all seeds of a cell, below `--out`."""
    parts = [column.name] if len(plan.columns) > 1 else []
    parts += [row.name, *(["split-" + split.replace(":", "-")] if split else [])]
    return "/".join(parts)


def _check(options, plan):
    if not options.out:
        raise InputError("`out` is empty: give the folder in which the runs shall live.")
    weights = options.initial_weights
    if weights and not names_weights(weights) and not os.path.isfile(weights):
        raise InputError(f"initial_weights={weights}: no such file.")
    most = 1 if plan.is_foreign else max(len(column.splits) or 1 for column in plan.columns)
    if options.splits > most:
        raise InputError(
            f"splits={options.splits}: {plan.table.name} has {most} here; give at most that."
        )


def _read_train_flags(text):
    try:
        flags = shlex.split(text)
    except ValueError as error:
        raise InputError(f"train_flags={text}: {error}; give them as a shell does.") from None
    for flag in flags:
        name = flag.lstrip("-").split("=")[0]
        if not flag.startswith("--") or name in _OWN_FLAGS:
            raise InputError(
                f"train_flags={text}: {flag} is not for here; give flags of tfreid.train as "
                f"--name=value, but none of {', '.join(_OWN_FLAGS)}."
            )
    return flags


def _list_seeds(folder):
    names = os.listdir(folder) if os.path.isdir(folder) else ()
    found = (re.fullmatch(r"seed(\d+)", name) for name in names)
    return sorted(int(match.group(1)) for match in found if match)
