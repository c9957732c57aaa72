"""Which identities are learned from and which are tested on, where there are several ways.

Random splits are drawn, or kept by file name in a JSON file, the same wherever the data lie.
"""

import json
import os
import re

import numpy as np
from absl import logging

from tfreid.data.findings import tell_number
from tfreid.errors import InputError
from tfreid.files import write_text
from tfreid.text_files import read_json

NUM_RANDOM = 10
RANDOM = "random"
PARTS = ("train", "test")
_FORM_OF_FILE = 'it should hold {"splits": [{"train": [names], "test": [names]}, ...]}'
_FORM = re.compile(r"(?:(random):)?([0-9]{1,4})")


def parse_split(text, title, allowed):
    """Reads a value of `--split`.

    Args:
      text: a number, or random:NUMBER.
      title: name of the data set, for messages.
      allowed: {kind: number of splits}; kind is "" (a plain number) or RANDOM.

    Returns:
      (kind, number).

    Raises:
      InputError: for anything else.
    """
    match = _FORM.fullmatch(text)
    kind, number = (match[1] or "", int(match[2])) if match else (None, 0)
    if number >= allowed.get(kind, 0):
        ranges = [_tell_range(kind, count) for kind, count in allowed.items()]
        raise InputError(f"split={text}: {title} has the splits {' and '.join(ranges)}.")
    return kind, number


def draw_identities(identities, number, num_test, num_train=None):
    """Draws identities to test on and others to learn from.

    The draw is a function of its arguments alone: numpy promises never to change what a
    `RandomState` of a given seed draws.

    Args:
      identities: the identities, any order.
      number: which of the random splits; the seed.
      num_test: how many to test on.
      num_train: how many of the others to learn from; None for all.

    Returns:
      (identities to learn from, identities to test on), sorted arrays.
    """
    order = _shuffle(identities, number)
    train = order[num_test:] if num_train is None else order[num_test : num_test + num_train]
    return np.sort(train), np.sort(order[:num_test])


def draw_some(identities, number, count):
    """Returns at most `count` identities, sorted; drawn as by `draw_identities`."""
    return np.sort(_shuffle(identities, number)[:count])


def check_num_test(num_test, num_identities):
    """Raises `InputError` unless identities are left to learn from."""
    if num_test >= num_identities:
        raise InputError(
            f"test_identities={num_test}: there are {num_identities} identities; give fewer, so "
            "that some are left to learn from."
        )


def _shuffle(identities, number):
    # Sorted first: the draw must not depend on the order of files.
    identities = np.unique(np.asarray(identities))
    return identities[np.random.RandomState(number).permutation(len(identities))]


def _tell_range(kind, count):
    prefix = f"{kind}:" if kind else ""
    return f"{prefix}0 to {prefix}{count - 1}"


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
    cure = f"{_FORM_OF_FILE}; remove it to draw new splits"
    splits = read_json(path, cure, {"splits": [{part: [str] for part in PARTS}]})["splits"]
    if not splits or not all(split[part] for split in splits for part in PARTS):
        raise InputError(f"{path}: is damaged (a part is empty); {cure}.")
    return splits


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
