"""Adding: only what is new is computed, and what is computed is kept, come what may."""

import dataclasses
import time

import numpy as np
from absl import logging

from tfreid.index.items import Items
from tfreid.index.planning import make_plan
from tfreid.index.reading import read_features
from tfreid.index.snapshot import read_snapshot
from tfreid.index.tidying import limit_rows, tidy
from tfreid.progress import Progress

SECONDS_BETWEEN_SEGMENTS = 60  # at most this much work is lost with a kill


@dataclasses.dataclass(frozen=True)
class Added:
    """What became of the images that were to be added.

    Attributes:
      added: images that are new in the index.
      replaced: of these, files that had changed since they were added before.
      unchanged: images that were in the index already.
      relabeled: of these, those whose pid or camid is another one now; the index keeps the old.
      skipped: ((path, reason), ...) of what cannot be read.
    """

    added: int
    replaced: int
    unchanged: int
    relabeled: int
    skipped: tuple


def add_source(writer, model, source, batch_size, known=None):
    """Adds images to an index.

    A file that is in the index with the same path, size and time of change is passed over; one
    that has changed takes its old entry's place. Every minute, and every `limit_rows` images, what
    is done becomes part of the index; so does what is done when Ctrl-C comes.

    Args:
      writer: `Writer`.
      model: what `tfreid.load` returns; the index's own.
      source: `Source`.
      batch_size: images of a forward pass.
      known: `Snapshot` of another index of the same model; what it holds is copied. Or None.

    Returns:
      `Added`.

    Raises:
      InputError: if the disk refuses; everything before the last segment is kept.
    """
    plan = make_plan(read_snapshot(writer.folder), source, known)
    if plan.rows and plan.unchanged:
        logging.info("%d images are in the index already.", plan.unchanged)
    skipped = list(plan.skipped)
    fresh = np.flatnonzero(plan.copied < 0)
    paths = [source.paths[plan.rows[number]] for number in fresh]
    progress = Progress("Adding images", len(paths))

    def skip(place, reason):
        skipped.append((paths[place], reason))
        progress.advance()

    segment = _Segment(writer, source, plan)
    try:
        for numbers in _cut(np.flatnonzero(plan.copied >= 0), batch_size):
            segment.add(numbers, known.read_all(plan.copied[numbers]))
        for places, columns in read_features(model, paths, batch_size, skip):
            segment.add(fresh[places], columns)
            progress.advance(len(places))
    except BaseException as error:  # Ctrl-C too: what is computed is kept
        segment.close()
        if isinstance(error, KeyboardInterrupt):
            logging.info("%d images are added; the same command goes on.", segment.added)
        raise
    segment.close()
    tidy(writer)
    return Added(segment.added, segment.replaced, plan.unchanged, plan.relabeled, tuple(skipped))


def _cut(numbers, size):
    """Yields arrays of at most `size` numbers."""
    for start in range(0, len(numbers), size):
        yield numbers[start : start + size]


class _Segment:
    """Collects features and makes them part of the index, a segment at a time."""

    def __init__(self, writer, source, plan):
        self.added = self.replaced = 0
        self._writer, self._source, self._plan = writer, source, plan
        self._numbers, self._parts = [], []
        self._start = time.monotonic()

    def add(self, numbers, columns):
        """Adds features of the plan's rows of the given numbers."""
        self._numbers.append(numbers)
        self._parts.append(columns)
        limit = limit_rows({name: _form(values) for name, values in columns.items()})
        is_full = sum(map(len, self._numbers)) + len(numbers) > limit
        if is_full or time.monotonic() - self._start > SECONDS_BETWEEN_SEGMENTS:
            self.close()

    def close(self):
        """Makes what was collected part of the index."""
        if not self._numbers:
            return
        numbers, parts = np.concatenate(self._numbers), self._parts
        self._numbers, self._parts = [], []  # a failing disk is not asked twice
        columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        replaced = self._plan.replaces[numbers]
        replaced = replaced[replaced > 0]
        self._writer.add(self._make_items(numbers), columns, replaced)
        self.added += len(numbers)
        self.replaced += len(replaced)
        self._start = time.monotonic()

    def _make_items(self, numbers):
        rows = np.array(self._plan.rows)[numbers]
        return Items(
            ids=np.zeros(len(rows)),
            paths=[self._source.paths[row] for row in rows],
            pids=self._source.pids[rows],
            camids=self._source.camids[rows],
            sizes=self._plan.sizes[numbers],
            mtimes=self._plan.mtimes[numbers],
        )


def _form(values):
    return {"dtype": values.dtype.str, "shape": values.shape[1:]}
