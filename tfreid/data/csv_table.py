"""A CSV table of images: path,pid,camid,split."""

import os
from typing import NamedTuple

import numpy as np

from tfreid.data.coverage import tell_unknown
from tfreid.data.csv_rows import read_rows
from tfreid.data.dataset import JUNK_PID, Dataset, Split, relate_path
from tfreid.data.file_tree import tell_other_form
from tfreid.data.findings import tell_number
from tfreid.data.labels import Labels, number_apart, number_labels, read_label
from tfreid.data.name_patterns import suggest_table
from tfreid.data.specs import IMAGE_SUFFIXES, SPLITS
from tfreid.errors import InputError, gather

COLUMNS = ("path", "pid", "camid", "split")


def read_csv(data_dir):
    """Reads a data set that a CSV table lists.

    The first line names the columns path, pid, camid and split, in any order. Paths are relative to
    the table's folder; pid and camid are whole numbers or texts, and an empty camid is an unknown
    camera; split is train, query or gallery. Images are sorted by their path, so that a table whose
    lines were sorted anew is the same data: a run goes on with it, and row numbers that were stored
    stay right.

    Args:
      data_dir: the CSV file.

    Returns:
      A `Dataset` whose root is the file.

    Raises:
      InputError: for the first line that cannot be used, as FILE:LINE; its `faults` name all.
    """
    folder = os.path.dirname(data_dir)
    rows = sorted(_read_rows(data_dir), key=lambda row: relate_path(row.path, folder))
    everything = _number(rows)
    # str: of no rows numpy would make floats.
    of_split = np.array([row.split for row in rows], str)
    splits = {split: everything.take(of_split == split) for split in SPLITS}
    _check_splits(data_dir, splits)
    notes = [("ok", "Layout: a table of images (path, pid, camid, split).")]
    notes += tell_unknown(everything)
    return Dataset(name="csv", root=data_dir, **splits, notes=tuple(notes))


def _read_rows(table):
    """Returns [`_Row`]."""
    if not table:
        raise InputError("`data_dir` is empty: give the CSV file of dataset=csv.")
    if not os.path.isfile(table):
        command = suggest_table(table) if os.path.isdir(table) else ""
        hint = f"; {command} makes one of this folder" if command else ""
        raise InputError(f"data_dir={table}: no such file; dataset=csv needs a CSV file{hint}.")
    rows, lines, faults = [], {}, []
    for number, fields in read_rows(table, COLUMNS):
        try:
            row = _parse_row(f"{table}:{number}", table, **fields)
            # Behind links: one file under two names would be its own match.
            known = lines.setdefault(os.path.realpath(row.path), number)
            if known != number:
                raise InputError(f"{row.where}: {row.path} is listed in line {known} already.")
            rows.append(row)
        except InputError as error:
            faults.append(error)
    if faults:
        raise gather(faults, "lines cannot be used either")
    return rows


class _Row(NamedTuple):
    where: str
    path: str
    pid: str
    camid: str
    split: str


def _parse_row(where, table, path, pid, camid, split):
    if split not in SPLITS:
        raise InputError(f"{where}: split {split!r}; allowed are {', '.join(SPLITS)}.")
    full = os.path.normpath(os.path.join(os.path.dirname(table), path))
    if not path.lower().endswith(IMAGE_SUFFIXES):
        raise InputError(f"{where}: path {path!r}; {' '.join(IMAGE_SUFFIXES)} files are read.")
    if not os.path.isfile(full):
        raise InputError(
            f"{where}: no file {full}{tell_other_form(full)}; paths are relative to the folder of "
            "the table."
        )
    if not pid:
        raise InputError(f"{where}: the pid is empty; give a text or a whole number.")
    read_label(where, "pid", pid, JUNK_PID)
    if camid:
        read_label(where, "camid", camid, 0)
    return _Row(where, full, pid, camid, split)


def _number(rows):
    """Returns all rows as one `Split`."""
    where, paths, pids, camids, _ = zip(*rows) if rows else [()] * 5
    pids, called = number_labels(where, "pid", pids, JUNK_PID)
    known, cameras = number_labels(where, "camid", camids, 0)
    camids = number_apart(known)
    cameras |= {new: None for new, old in zip(camids, known) if old is None}
    return Split(paths, pids, camids, Labels(called, cameras))


def _check_splits(table, splits):
    if bool(len(splits["query"])) != bool(len(splits["gallery"])):
        raise InputError(
            f"{table}: {tell_number(len(splits['query']), 'query image')} and "
            f"{tell_number(len(splits['gallery']), 'gallery image')}; both are needed, or neither."
        )
    if not any(len(split) for split in splits.values()):
        raise InputError(f"{table}: no images: there is no line below the first.")
