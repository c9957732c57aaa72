"""Averages the evaluations of several runs, such as one for each split of CUHK01:

    python -m tools.average_splits WORKDIR0 WORKDIR1 ...

Prints mean and standard deviation for each data set and protocol in their metrics.jsonl.
"""

import dataclasses
import json
import os
import statistics
import sys

from tfreid.data.specs import ALL_PAIRS
from tfreid.errors import InputError
from tfreid.evaluation.protocols import TITLES, name_settings
from tfreid.evaluation.report import TABLE_COLUMNS, name_column

USAGE = "usage: python -m tools.average_splits WORKDIR WORKDIR ..."
METRICS_FILE = "metrics.jsonl"
# What has to be equal in all runs that are averaged.
_SHARED = (
    *("step", "trained_on", "gallery_identities", "repeats"),
    *("flip_averaging", "memory_dtype", "shortlist", "symmetric"),
)


def main(argv):
    """Prints the table of the runs that the arguments name; returns the exit code."""
    if not argv or argv[0].startswith("-"):
        print(USAGE, file=sys.stderr)
        return 0 if argv and argv[0] in ("-h", "--help") else 1
    try:
        print(format_averages(average_runs(argv)))
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


@dataclasses.dataclass(frozen=True)
class Average:
    """One data set and protocol, over several runs.

    Attributes:
      dataset: value of `--dataset`.
      protocol: name of the protocol.
      splits: the runs' splits, () where the data set has one only.
      runs: number of runs.
      means: {metric: mean over the runs}.
      deviations: {metric: standard deviation over the runs, with runs - 1 below the line}.
      settings: how pairs were scored, as `protocols.name_settings` says it; "" as in the paper.
    """

    dataset: str
    protocol: str
    splits: tuple
    runs: int
    means: dict
    deviations: dict
    settings: str = ""


def average_runs(workdirs):
    """Averages the latest evaluations of runs, by data set and protocol.

    Args:
      workdirs: folders of two or more runs.

    Returns:
      List of `Average`, in the order of the first run's `metrics.jsonl`.

    Raises:
      InputError: for a run that was not evaluated, or runs that cannot be compared.
    """
    if len(workdirs) < 2:
        raise InputError("give the workdirs of at least two runs, one for each split.")
    evaluations = {workdir: _read_latest(workdir) for workdir in workdirs}
    if len({os.path.realpath(workdir) for workdir in workdirs}) < len(workdirs):
        raise InputError(f"{', '.join(workdirs)}: one workdir is given twice; give each run once.")
    keys = list(evaluations[workdirs[0]])
    for workdir, lines in evaluations.items():
        different = set(keys) ^ set(lines)
        if different:
            dataset, protocol = sorted(different)[0]
            raise InputError(
                f"{workdir}: it and {workdirs[0]} were not both evaluated on {dataset} "
                f"({_tell(protocol)}); average runs with the same evaluations."
            )
    return [
        _average(*key, {workdir: lines[key] for workdir, lines in evaluations.items()})
        for key in keys
    ]


def format_averages(averages, columns=TABLE_COLUMNS):
    """Returns averages as a table, below each heading "mean +- deviation" in percent."""
    heads = [_name(average) for average in averages]
    first = max(len(head) for head in heads)
    lines = [" " * first + "".join("  " + name_column(column).rjust(14) for column in columns)]
    for head, average in zip(heads, averages):
        cells = [_format(average, column) for column in columns]
        lines.append(head.ljust(first) + "".join("  " + cell.rjust(14) for cell in cells))
    lines.append("Mean and standard deviation over the runs, in percent.")
    return "\n".join(lines)


def _read_latest(workdir):
    """Returns {(dataset, protocol): the latest line of a run}."""
    path, lines = os.path.join(workdir, METRICS_FILE), {}
    try:
        with open(path, encoding="utf-8") as file:
            for text in file:
                if text.endswith("\n"):  # else it is being written
                    line = json.loads(text)
                    lines[line["dataset"], line.get("protocol", ALL_PAIRS)] = line
    except FileNotFoundError:
        lines = {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: cannot be read as evaluations ({error}).") from error
    if not lines:
        raise InputError(
            f"{path}: no evaluation; run python -m tfreid.evaluate --workdir={workdir}."
        )
    return lines


def _average(dataset, protocol, lines):
    """Averages the lines {workdir: line} of one data set and protocol."""
    first, *_ = lines.values()
    _check_comparable(dataset, lines)
    _check_splits(lines)
    names = [name for name, value in first.items() if _is_measure(name, value)]
    columns = {name: [line[name] for line in lines.values()] for name in names}
    return Average(
        dataset=dataset,
        protocol=protocol,
        splits=tuple(line["split"] for line in lines.values() if "split" in line),
        runs=len(lines),
        means={name: statistics.fmean(column) for name, column in columns.items()},
        deviations={name: statistics.stdev(column) for name, column in columns.items()},
        settings=name_settings(first),
    )


def _check_comparable(dataset, lines):
    reference = next(iter(lines))
    for workdir, line in lines.items():
        for name in _SHARED:
            # A run's evaluations of its own data while it trains do not repeat their name.
            default = dataset if name == "trained_on" else None
            value, expected = line.get(name, default), lines[reference].get(name, default)
            if value != expected:
                raise InputError(
                    f"{workdir}: {name} is {value} for {dataset}, but {expected} in {reference}; "
                    "average runs that differ in their split only."
                )


def _check_splits(lines):
    seen = {}
    for workdir, line in lines.items():
        if "split" in line and seen.setdefault(line["split"], workdir) != workdir:
            raise InputError(
                f"{workdir}: split {line['split']}, as {seen[line['split']]}; a mean over splits "
                "takes each once."
            )


def _is_measure(name, value):
    return isinstance(value, float) and name.startswith(("mAP", "mINP", "rank"))


def _tell(protocol):
    return TITLES.get(protocol, protocol)


def _name(average):
    runs = f"splits {','.join(average.splits)}" if average.splits else f"{average.runs} runs"
    return f"{average.dataset}, {runs}: {_tell(average.protocol)}{average.settings}"


def _format(average, column):
    if column not in average.means:
        return ""
    return f"{average.means[column]:.2f} +- {average.deviations[column]:.2f}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
