"""Results for files (`metrics.jsonl`) and for people (a table)."""

import contextlib
import errno
import fcntl
import json
import os

import numpy as np
from absl import logging

from tfreid.errors import InputError
from tfreid.evaluation.protocols import UNKNOWN

TABLE_COLUMNS = ("mAP", "rank1", "rank5", "rank10")
REASSOCIATED = ("rank1", "mAP", "MRR")


def append_metrics(path, *lines):
    """Appends one evaluation to a file of one JSON object per line.

    The lines are written at once and are on the disk when this returns. What a killed process left
    of a line is removed first, so that the file always stays readable.

    Args:
      path: the file; made if absent.
      *lines: {name: number or text}, one for each protocol; numbers must be finite.

    Raises:
      InputError: if the file cannot be written.
      ValueError: for a number that is not finite; JSON has none.
    """
    texts = [json.dumps(line, allow_nan=False, default=_to_plain) + "\n" for line in lines]
    try:
        with open(path, "ab+", buffering=0) as file:
            with contextlib.suppress(OSError):  # a training, and who evaluates it meanwhile
                fcntl.flock(file, fcntl.LOCK_EX)
            _repair_end(file, path)
            _write(file, "".join(texts).encode())
            # On the disk before it counts: a training's next step may be the one of a power cut.
            os.fsync(file.fileno())
    except OSError as error:
        raise InputError(
            f"{path}: cannot be written ({error.strerror}); free space or allow writing, then "
            "evaluate again."
        ) from error


def offer_metrics(path, *lines):
    """Does as `append_metrics`, but for somebody else's run, which can be read only: nothing."""
    try:
        append_metrics(path, *lines)
    except InputError as error:
        if getattr(error.__cause__, "errno", None) not in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise
        logging.warning("%s: nothing is added, this run can be read only.", path)


def read_metrics(path):
    """Returns the lines of a file of `append_metrics` as dicts; [] without the file.

    Lines that are something else are passed over.
    """
    if not os.path.isfile(path):
        return []
    # A damaged line costs itself only, not the figures of the others.
    with open(path, encoding="utf-8", errors="replace") as file:
        return [row for row in map(_read_line, file) if isinstance(row, dict)]


def _read_line(line):
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def format_table(rows, columns=TABLE_COLUMNS):
    """Returns results as a table of fixed width, and below it what was left out.

    Args:
      rows: {row's name: metrics of `RankingResult.to_metrics`}; numbers are percent.
      columns: names of metrics; one that a row lacks stays empty.

    Returns:
      A text of several lines, without a line break at its end.
    """
    heads = [name_column(column) for column in columns]
    cells = {name: [_format(row.get(column)) for column in columns] for name, row in rows.items()}
    widths = [max(len(head), 6) for head in heads]
    first = max([len(name) for name in rows] or [0])
    lines = [" " * first + _join(heads, widths)]
    lines += [name.ljust(first) + _join(row, widths) for name, row in cells.items()]
    return "\n".join(lines + _list_left_out(rows))


def _repair_end(file, path):
    """Leaves the file empty or ending in a line break."""
    file.seek(0)
    kept, _, rest = file.read().rpartition(b"\n")
    if not rest:
        return
    try:
        json.loads(rest)
    except (ValueError, RecursionError):
        logging.warning("%s: removed its unfinished last line.", path)
        file.truncate(len(kept) + 1 if kept else 0)
    else:  # only the line break was missing
        _write(file, b"\n")


def _write(file, content):
    """Writes all of it: the operating system may take less at a time."""
    while content:
        content = content[file.write(content) :]


def _to_plain(value):
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{value!r} has no JSON form.")


def name_column(name):
    """Returns a metric's name as the head of a column: "rank-5" for "rank5"."""
    return f"rank-{name[4:]}" if name.startswith("rank") else name.replace("_", " ")


def _format(value):
    return "" if value is None else f"{value:.2f}"


def _join(cells, widths):
    return "".join("  " + cell.rjust(width) for cell, width in zip(cells, widths))


def _list_left_out(rows):
    """Returns a line for each row whose means leave out queries without a match."""
    return [
        f"{name}: {row['queries_without_match']} of {row['queries']} queries have no match "
        f"{_where(row)} and are left out."
        for name, row in rows.items()
        if row.get("queries_without_match")
    ]


def _where(row):
    if "gap" in row:
        return "among others"
    return "in another image" if row.get("cameras") == UNKNOWN else "from another camera"
