"""Results for files (`metrics.jsonl`) and for people (a table)."""

import errno

from absl import logging

from tfreid.errors import InputError
from tfreid.evaluation.protocols import UNKNOWN
from tfreid.json_lines import append_lines

TABLE_COLUMNS = ("mAP", "rank1", "rank5", "rank10")
REASSOCIATED = ("rank1", "mAP", "MRR")


def append_metrics(path, *lines):
    """Appends one evaluation to a file of one JSON object per line, as `append_lines` does.

    Args:
      path: the file; made if absent.
      *lines: {name: number or text}, one for each protocol.

    Raises:
      InputError: if the file cannot be written.
      ValueError: for a number that is not finite; JSON has none.
    """
    try:
        append_lines(path, *lines)
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
