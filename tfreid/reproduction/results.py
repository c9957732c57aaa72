"""What finished runs have left, and their means."""

import dataclasses
import json
import math
import os
import statistics

from tfreid.errors import InputError
from tfreid.evaluation.report import read_metrics
from tfreid.files import write_text
from tfreid.reproduction.published import FORWARD_MS, FORWARD_TIME
from tfreid.runs.evaluation import TRAIN
from tfreid.runs.workdir import Workdir, list_shaping

_MARK = "finished.json"


@dataclasses.dataclass(frozen=True)
class Summary:
    """Several runs of one row and column.

    Attributes:
      runs: number of runs.
      over: "seeds" or "splits": what the deviation is over.
      means: {metric: mean over all runs}.
      deviations: {metric: standard deviation, with n - 1 below the line}; empty for a single value.
    """

    runs: int
    over: str
    means: dict
    deviations: dict


def mark_finished(run):
    """Notes that a run's process has ended well; without the note it would be started again.

    Raises:
      InputError: where its result is missing or damaged.
    """
    result = _read_last(run)
    if result is None:
        raise InputError(
            f"{Workdir(run.workdir).metrics}: no usable result; delete this file and give the same "
            "command again, the run is then evaluated anew."
        )
    write_text(os.path.join(run.workdir, _MARK), json.dumps({"step": result["step"]}) + "\n")
    return result


def read_result(run):
    """Returns the last evaluation of a finished run, a line of its metrics.jsonl.

    None for a run that is not finished, was made with other flags, or whose files are damaged: its
    process looks at these more closely, and heals what it can.
    """
    if not os.path.isfile(os.path.join(run.workdir, _MARK)) or not _has_flags(run):
        return None
    return _read_last(run)


def summarize(results, metrics):
    """Returns the `Summary` of some runs.

    Several splits: the deviation is over the splits' means, as in `tools.average_splits`; else over
    seeds.

    Args:
      results: non-empty {(split, seed): line of metrics.jsonl}.
      metrics: names of the numbers.
    """
    splits = sorted({split for split, _ in results})
    groups = [[key for key in results if key[0] == split] for split in splits]
    if len(splits) == 1:
        groups = [[key] for key in results]
    means, deviations = {}, {}
    for metric in metrics:
        if any(metric not in line for line in results.values()):
            continue
        values = [statistics.fmean(results[key][metric] for key in group) for group in groups]
        means[metric] = statistics.fmean(values)
        if len(values) > 1:
            deviations[metric] = statistics.stdev(values)
    return Summary(len(results), "splits" if len(splits) > 1 else "seeds", means, deviations)


def _has_flags(run):
    try:
        return list_shaping(Workdir(run.workdir).read_options()) == list_shaping(run.options)
    except (InputError, OSError, UnicodeDecodeError):
        return False


def _read_last(run):
    """Returns the latest line of a run's own measuring, the data set's own protocol; or None."""
    lines = [
        line
        for line in read_metrics(Workdir(run.workdir).metrics)
        if line.get("source") in (TRAIN, FORWARD_TIME) and isinstance(line.get("step"), int)
    ]
    latest = [line for line in lines if line["step"] == lines[-1]["step"]]
    return latest[0] if latest and _is_usable(latest[0]) else None


def _is_usable(line):
    """Returns whether a line has numbers where numbers belong."""
    names = [name for name in line if name.startswith(("mAP", "mINP", "rank", FORWARD_MS))]
    numbers = [line[name] for name in names]
    return bool(numbers) and all(
        isinstance(number, (int, float)) and math.isfinite(number) and number >= 0
        for number in numbers
    )
