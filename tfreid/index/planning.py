"""What adding a source comes to: what is there, what changed, what can be copied, what is new."""

import dataclasses
import errno
import os
import stat

import numpy as np


@dataclasses.dataclass(frozen=True)
class Plan:
    """What is to be done for a source.

    Attributes:
      rows: list of n rows of the source whose features the index lacks.
      sizes: int64[n], bytes of their files.
      mtimes: int64[n], nanoseconds of their last change.
      replaces: int64[n], id of the entry whose place each takes; 0 for none.
      copied: int64[n], row of the known index that holds its features; -1 for none.
      unchanged: number of the source's images that are in the index.
      relabeled: of these, those whose pid or camid is another one in the source.
      skipped: [(path, reason), ...] of files that are not there or cannot be named.
    """

    rows: list
    sizes: np.ndarray
    mtimes: np.ndarray
    replaces: np.ndarray
    copied: np.ndarray
    unchanged: int
    relabeled: int
    skipped: list


def make_plan(snapshot, source, known=None):
    """Returns the `Plan` of adding a `Source`.

    Args:
      snapshot: `Snapshot` of the index.
      source: `Source`.
      known: `Snapshot` of another index of the same model, to copy from; or None.
    """
    items, skipped = snapshot.items, []
    old_rows, known_rows = _map_paths(snapshot), _map_paths(known)
    todo, unchanged, relabeled = [], 0, 0
    for row, path in enumerate(source.paths):
        try:
            facts = _look_at(path)
        except (OSError, ValueError) as error:  # ValueError: a name that no file can have
            skipped.append((path, _tell_missing(error)))
            continue
        old = old_rows.get(path)
        if old is not None and facts == _get_facts(snapshot, old):
            unchanged += 1
            labels = (source.pids[row], source.camids[row])
            relabeled += labels != (items.pids[old], items.camids[old])
        else:
            copied = known_rows.get(path, -1)
            if copied >= 0 and facts != _get_facts(known, copied):
                copied = -1
            todo.append((row, *facts, 0 if old is None else items.ids[old], copied))
    numbers = np.array(todo, np.int64).reshape(-1, 5)
    rows = numbers[:, 0].tolist()
    return Plan(rows, *numbers.T[1:], unchanged, relabeled, skipped)


def _map_paths(snapshot):
    """Returns {path: row} of what a `Snapshot`, or None, holds."""
    return {} if snapshot is None else {snapshot.items.paths[row]: row for row in snapshot.live}


def _get_facts(snapshot, row):
    """Returns (size, time of change) of an image's file when it was added."""
    return snapshot.items.sizes[row], snapshot.items.mtimes[row]


def _look_at(path):
    """Returns (size, time of change) of a file."""
    path.encode()  # TensorFlow and terminals take UTF-8 only
    facts = os.stat(path)
    if stat.S_ISDIR(facts.st_mode):
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(facts.st_mode):  # reading a pipe would wait for whoever writes to it
        raise OSError(errno.EINVAL, "Is a pipe or a device")
    return facts.st_size, facts.st_mtime_ns


def _tell_missing(error):
    if isinstance(error, UnicodeEncodeError):
        return "the name is not UTF-8; rename it"
    return f"cannot be read: {getattr(error, 'strerror', error)}"
