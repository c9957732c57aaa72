"""Random splits in a JSON file, by file name: the same on every machine, wherever the data lie."""

import json
import os

import numpy as np
from absl import logging

from tfreid.data.findings import tell_number
from tfreid.data.partitions import NUM_RANDOM, draw_identities
from tfreid.errors import InputError
from tfreid.files import write_text
from tfreid.text_files import read_json

PARTS = ("train", "test")


def load_partition(path, names, pids, number, num_test):
    """Returns the rows of the images to learn from and of those to test on.

    The file is written when it is absent; once there it is followed, so that splits of others can
    be used: {"splits": [{"train": [file name, ...], "test": [...]}, ...]}.

    Args:
      path: the JSON file.
      names: N file names, without folders.
      pids: int[N].
      number: which of the splits, from 0.
      num_test: identities to test on.

    Returns:
      (int64[train], int64[test]), rows in ascending order.

    Raises:
      InputError: if the file is damaged, has no such split, names files that are not there, shares
        an identity between both parts, or tests on another number of identities.
    """
    splits = _read(path) if os.path.exists(path) else _draw(path, names, pids, num_test)
    if number >= len(splits):
        raise InputError(f"split={number}: {path} has the splits 0 to {len(splits) - 1}.")
    rows = {name: row for row, name in enumerate(names)}
    parts = [_find_rows(path, rows, splits[number][part], number) for part in PARTS]
    _check_identities(path, number, *(np.asarray(pids)[part] for part in parts), num_test)
    return tuple(parts)


def _check_identities(path, number, train, test, num_test):
    """Raises `InputError` unless the parts share nobody and `num_test` identities are tested on."""
    cure = "correct the file, or remove it to draw new splits."
    both = np.intersect1d(train, test)
    if len(both):
        raise InputError(
            f"{path}: split {number} has identity {both[0]} both to learn from and to test on; "
            f"{cure}"
        )
    found = len(np.unique(test))
    if found != num_test:
        raise InputError(
            f"{path}: split {number} tests on {tell_number(found, 'identity', 'identities')}, "
            f"`test_identities` asks for {num_test:,}; {cure}"
        )


def _draw(path, names, pids, num_test):
    """Draws all splits and stores them."""
    names, splits = np.asarray(names), []
    for number in range(NUM_RANDOM):
        parts = draw_identities(pids, number, num_test)
        splits.append(
            {part: names[np.isin(pids, chosen)].tolist() for part, chosen in zip(PARTS, parts)}
        )
    try:
        write_text(path, json.dumps({"splits": splits}, indent=0) + "\n")
    except InputError as error:  # the same splits will be drawn again
        logging.warning("%s The splits are not stored.", error)
    return splits


def _read(path):
    try:
        splits = read_json(path, "", {"splits": list})["splits"]
    except InputError as error:
        raise InputError(_explain(path, "cannot be read as a file of splits")) from error
    is_sound = isinstance(splits, list) and splits and all(map(_is_split, splits))
    if not is_sound:
        raise InputError(_explain(path, "is not a file of splits"))
    return splits


def _is_split(split):
    return isinstance(split, dict) and all(
        isinstance(split.get(part), list)
        and split[part]
        and all(isinstance(name, str) for name in split[part])
        for part in PARTS
    )


def _explain(path, problem):
    return (
        f'{path}: {problem}, {{"splits": [{{"train": [names], "test": [names]}}, ...]}}; remove '
        "it to draw new splits."
    )


def _find_rows(path, rows, names, number):
    missing = [name for name in names if name not in rows]
    if missing:
        raise InputError(
            f"{path}: split {number} names {len(missing):,} of {len(names):,} files that are not "
            f"there, first {missing[0]}; complete the data set, or remove the file to draw new "
            "splits."
        )
    # Sorted: the order of names in somebody's file must not change what is learned.
    return np.unique([rows[name] for name in names])
