"""Who is the same person, as people marked it: a table that calibration reads."""

import os

from tfreid.data.csv_rows import read_rows, write_rows
from tfreid.data.csv_table import COLUMNS

_COLUMNS = COLUMNS[:3]  # no split
_DIGITS = 10  # of what is no number of a person any more, but a name


def mark(table, images, same):
    """Keeps what was marked in one answer.

    Images that are the same person as the query get one pid: that of those that had one before, or
    a new one. An image that is not keeps a line without a pid, which calibration leaves out: that
    it shows somebody else says nothing of whom.

    Args:
      table: the CSV file, made where missing.
      images: [`Image` of the index, ...] that were marked.
      same: whether each is the same person: [bool, ...], None where the mark is taken back.

    Returns:
      (number of images with a pid, number of people).

    Raises:
      InputError: if the table is damaged or cannot be written.
    """
    rows = _read(table)
    pid = _choose_pid(rows, [image.path for image, is_same in zip(images, same) if is_same])
    for image, is_same in zip(images, same):
        rows.pop(image.path, None)
        if is_same is not None:
            camid = "" if image.camid is None else str(image.camid)
            rows[image.path] = (pid if is_same else "", camid)
    write_rows(table, _COLUMNS, [(path, *row) for path, row in rows.items()])
    pids = [row[0] for row in rows.values() if row[0]]
    return len(pids), len(set(pids))


def _read(table):
    """Returns {path: (pid, camid)} as texts."""
    if not os.path.exists(table):
        return {}
    rows = read_rows(table, _COLUMNS, ())
    return {row["path"]: (row["pid"], row["camid"]) for _, row in rows}


def _choose_pid(rows, paths):
    known = [rows[path][0] for path in paths if path in rows and rows[path][0]]
    # People may have put names into the table: they are no numbers to count on from.
    numbers = [int(pid) for pid, _ in rows.values() if pid.isdecimal() and len(pid) < _DIGITS]
    return known[0] if known else str(1 + max(numbers, default=0))
