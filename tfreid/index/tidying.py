"""Tidying: many small segments become few, and what was removed leaves the disk."""

import numpy as np

from tfreid.index.segments import Pieces
from tfreid.index.snapshot import read_snapshot

ROWS = 4096  # of a segment, unless its images take so much space that BYTES are fewer
BYTES = 2**28
_SMALL_SEGMENTS = 16
_REMOVED_SHARE = 0.25
_PIECE_BYTES = 2**24


def limit_rows(columns):
    """Returns how many images a segment holds at most.

    Args:
      columns: {column: {"dtype", "shape"} of one image's}.
    """
    return max(1, min(ROWS, BYTES // count_bytes(columns)))


def count_bytes(columns):
    """Returns the bytes that the features of one image take on the disk."""
    return sum(
        int(np.prod(form["shape"], dtype=np.int64)) * np.dtype(form["dtype"]).itemsize
        for form in columns.values()
    )


def tidy(writer):
    """Rewrites segments where many are small or much of them was removed; else does nothing.

    Args:
      writer: `Writer`.
    """
    manifest = writer.manifest
    if not manifest.segments:
        return
    snapshot = read_snapshot(writer.folder)
    limit, live = limit_rows(manifest.columns), snapshot.count_live()
    rows = np.array([entry["rows"] for entry in manifest.segments])
    worn = (rows - live) / rows > _REMOVED_SHARE
    merges = np.count_nonzero(live < limit / 2) >= _SMALL_SEGMENTS
    if not worn.any() and not merges:
        return
    groups, start = [], 0
    for count in _group(live, limit) if merges else [1] * len(live):
        stop = start + count
        changes = count > 1 or worn[start]
        groups.append((count, _take(snapshot, start, stop) if changes else None))
        start = stop
    writer.rewrite(groups)


def _group(live, limit):
    """Returns the sizes of groups of neighbors that fit into one segment each."""
    sizes, total = [], None
    for count in live:
        if total is not None and total + count <= limit:
            sizes[-1] += 1
            total += count
        else:
            sizes.append(1)
            total = count
    return sizes


def _take(snapshot, start, stop):
    """Returns (`Items`, columns) of what is live in the segments from `start` to `stop`."""
    bounds = np.cumsum([0, *snapshot.count_live()])
    rows = snapshot.live[bounds[start] : bounds[stop]]
    columns = {
        name: Pieces((len(rows), *form["shape"]), form["dtype"], _read(snapshot, name, form, rows))
        for name, form in snapshot.manifest.columns.items()
    }
    return snapshot.items.take(rows), columns


def _read(snapshot, name, form, rows):
    """Yields a column of the given rows in pieces."""
    size = max(1, _PIECE_BYTES // count_bytes({name: form}))
    for start in range(0, len(rows), size):
        yield snapshot.read(name, rows[start : start + size])
