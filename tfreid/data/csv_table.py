"""A CSV table of images: path,pid,camid,split."""

import os
import re

from tfreid.data.csv_rows import read_rows
from tfreid.data.dataset import JUNK_PID, Dataset, Split, relate_path
from tfreid.data.findings import tell_number
from tfreid.data.specs import IMAGE_SUFFIXES, SPLITS
from tfreid.errors import InputError

COLUMNS = ("path", "pid", "camid", "split")
_LARGEST = 2**31 - 1
_NUMBER = re.compile(r"-?[0-9]{1,10}")


def read_csv(data_dir):
    """Reads a data set that a CSV table lists.

    The first line names the columns path, pid, camid and split, in any order. Paths are relative to
    the table's folder; pid and camid are whole numbers; split is train, query or gallery. Images
    are sorted by their path, so that a table whose lines were sorted anew is the same data: a run
    goes on with it, and row numbers that were stored stay right.

    Args:
      data_dir: the CSV file.

    Returns:
      A `Dataset` whose root is the file.

    Raises:
      InputError: for the first line that cannot be used, as FILE:LINE.
    """
    folder = os.path.dirname(data_dir)
    rows = sorted(_read_rows(data_dir), key=lambda row: relate_path(row[0], folder))
    splits = {}
    for split in SPLITS:
        chosen = [row[:3] for row in rows if row[3] == split]
        paths, pids, camids = zip(*chosen) if chosen else ((), (), ())
        splits[split] = Split(paths, pids, camids)
    _check_splits(data_dir, splits)
    notes = (("ok", "Layout: a table of images (path, pid, camid, split)."),)
    return Dataset(name="csv", root=data_dir, **splits, notes=notes)


def _read_rows(table):
    """Returns [(path, pid, camid, split)]."""
    if not table:
        raise InputError("`data_dir` is empty: give the CSV file of dataset=csv.")
    if not os.path.isfile(table):
        raise InputError(f"data_dir={table}: no such file; dataset=csv needs a CSV file.")
    rows, lines = [], {}
    for number, fields in read_rows(table, COLUMNS):
        where = f"{table}:{number}"
        row = _parse_row(where, table, *(fields[column] for column in COLUMNS))
        known = lines.setdefault(os.path.realpath(row[0]), number)
        if known != number:
            raise InputError(f"{where}: {row[0]} is listed in line {known} already.")
        rows.append(row)
    return rows


def _parse_row(where, table, path, pid, camid, split):
    if split not in SPLITS:
        raise InputError(f"{where}: split {split!r}; allowed are {', '.join(SPLITS)}.")
    full = os.path.normpath(os.path.join(os.path.dirname(table), path))
    if not path.lower().endswith(IMAGE_SUFFIXES):
        raise InputError(f"{where}: path {path!r}; {' '.join(IMAGE_SUFFIXES)} files are read.")
    if not os.path.isfile(full):
        raise InputError(f"{where}: no file {full}; paths are relative to the folder of the table.")
    return (
        full,
        _parse_number(where, "pid", pid, JUNK_PID),
        _parse_number(where, "camid", camid, 0),
        split,
    )


def _parse_number(where, column, text, least):
    # Not by int() alone: it reads "1_2" as 12.
    number = int(text) if _NUMBER.fullmatch(text) else None
    if number is None or not least <= number <= _LARGEST:
        raise InputError(
            f"{where}: {column} {text!r}; a whole number from {least} to {_LARGEST} is expected."
        )
    return number


def _check_splits(table, splits):
    if bool(len(splits["query"])) != bool(len(splits["gallery"])):
        raise InputError(
            f"{table}: {tell_number(len(splits['query']), 'query image')} and "
            f"{tell_number(len(splits['gallery']), 'gallery image')}; both are needed, or neither."
        )
    if not any(len(split) for split in splits.values()):
        raise InputError(f"{table}: no images: there is no line below the first.")
