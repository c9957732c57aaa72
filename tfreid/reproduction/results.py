"""What finished runs have left."""

import json
import math
import os

from tfreid.errors import InputError
from tfreid.files import write_text
from tfreid.json_lines import read_lines
from tfreid.reproduction.published import FORWARD_MS, FORWARD_TIME, METRICS
from tfreid.runs.evaluation import TRAIN
from tfreid.runs.workdir import Workdir, list_shaping

_MARK = "finished.json"


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


def _has_flags(run):
    try:
        return list_shaping(Workdir(run.workdir).read_options()) == list_shaping(run.options)
    except (InputError, OSError, UnicodeDecodeError):
        return False


def _read_last(run):
    """Returns the latest line of a run's own measuring, the data set's own protocol; or None."""
    lines = [
        line
        for line in read_lines(Workdir(run.workdir).metrics)
        if line.get("source") in (TRAIN, FORWARD_TIME) and isinstance(line.get("step"), int)
    ]
    # Of each step the data set's own protocol stands first.
    latest = [line for line in lines if line["step"] == lines[-1]["step"]]
    return latest[0] if latest and _is_usable(latest[0]) else None


def _is_usable(line):
    """Returns whether a line has numbers where numbers belong."""
    numbers = [line[name] for name in (*METRICS, FORWARD_MS) if name in line]
    return bool(numbers) and all(
        isinstance(number, (int, float)) and 0 <= number < math.inf for number in numbers
    )
