"""From labeled images to a calibration: pairs are streamed, never kept."""

import os

import numpy as np
from absl import logging

from tfreid.data.findings import tell_number
from tfreid.errors import InputError
from tfreid.index.adding import add_source
from tfreid.index.calibration import Calibration, make_curve
from tfreid.index.comparing import PairComparison, make_comparison
from tfreid.index.durable import remove
from tfreid.index.features import describe_model
from tfreid.index.items import UNKNOWN
from tfreid.index.matching import read_memories
from tfreid.index.pair_counts import PairCounts
from tfreid.index.snapshot import VECTORS, read_snapshot
from tfreid.index.writer import open_writer
from tfreid.progress import Progress

WORK = "calibrating"  # an index of its own, in the index folder, until the calibration is done
SEED = 0
_BLOCK_PAIRS = 2**22
_TOLD = 20  # images that cannot be read
_MATCHED = 256  # memories that are read at a time


def calibrate(folder, model, source, batch_size, max_pairs):
    """Computes the accept rates of labeled images and keeps them in the index.

    Features of these images are kept on the disk while it runs, so that it goes on where it was
    interrupted; they do not become part of the index. What the index holds already is copied.

    Args:
      folder: the index folder; an index is made where there is none.
      model: what `tfreid.load` returns; the index's own.
      source: `Source`; images without a known person (pid above 0) and camera are left out.
      batch_size: images of a forward pass.
      max_pairs: where pairs are scored one by one (KVM-MN): most of one, and of two people.

    Returns:
      `Calibration`.

    Raises:
      InputError: where no pairs of one, or of two people come from different cameras.
    """
    source = source.take(np.flatnonzero((source.pids > 0) & (source.camids != UNKNOWN)))
    _check_labels(source)
    with open_writer(folder, describe_model(model)):
        pass  # made if there was none; its lock is free while features are computed
    work = os.path.join(folder, WORK)
    with open_writer(work, describe_model(model)) as writer:
        added = add_source(writer, model, source, batch_size, known=read_snapshot(folder))
    _warn_of(added.skipped)
    people = _People(read_snapshot(work), source)
    result = _compute(model, people, source.name, max_pairs)
    with open_writer(folder) as writer:
        writer.set_calibration(result.to_json())
    remove(work)
    return result


def _warn_of(skipped):
    for path, reason in skipped[:_TOLD]:
        logging.warning("skipped %s: %s", ascii(path)[1:-1], reason)
    if len(skipped) > _TOLD:
        logging.warning("and %d more that cannot be read.", len(skipped) - _TOLD)


def _check_labels(source):
    if not len(source):
        raise InputError(
            f"--calibrate={source.name}: no image tells its person (from 1 on) and camera; names "
            "must begin with PID_cCAMERA, as in 0007_c3_0001.jpg, or give a CSV table with the "
            "columns path,pid,camid."
        )


class _People:
    """The images of a source that could be read, and who is on them.

    Attributes:
      snapshot: `Snapshot` that holds their features.
      rows: int64[N], their rows.
      pids: int32[N].
      camids: int32[N].
    """

    def __init__(self, snapshot, source):
        numbers = {path: number for number, path in enumerate(source.paths)}
        paths = [snapshot.items.paths[row] for row in snapshot.live]
        kept = np.array([path in numbers for path in paths], bool)
        places = [numbers[path] for path in paths if path in numbers]
        self.snapshot, self.rows = snapshot, snapshot.live[kept]
        self.pids, self.camids = source.pids[places], source.camids[places]


def _compute(model, people, name, max_pairs):
    totals = _count_pairs(people.pids, people.camids)
    counts = [len(set(column.tolist())) for column in (people.pids, people.camids)]
    found = f"{tell_number(counts[0], 'person', 'people')} and {tell_number(counts[1], 'camera')}"
    for total, kind in zip(totals, ("one person", "two people")):
        if not total:
            raise InputError(
                f"--calibrate={name}: no pair of {kind} from different cameras among "
                f"{tell_number(len(people.rows), 'image')} of {found}; give images of several "
                "people, each seen by several cameras."
            )
    comparison = make_comparison(model, people.snapshot)
    if isinstance(comparison, PairComparison):
        same, other = _count_scores(model, people, totals, max_pairs)
    else:
        same, other = _count_distances(people)
    return Calibration(
        fingerprint=model.fingerprint,
        measure=comparison.measure,
        source=name,
        images=len(people.rows),
        identities=counts[0],
        cameras=counts[1],
        same_pairs=same.total,
        other_pairs=other.total,
        all_same_pairs=totals[0],
        all_other_pairs=totals[1],
        curve=make_curve(same, other, comparison.sign),
    )


def _count_pairs(pids, camids):
    """Returns (pairs of one person, pairs of two people) that different cameras saw."""

    def count(*columns):
        numbers = np.unique(np.stack(columns), axis=1, return_counts=True)[1].astype(np.int64)
        return int((numbers * (numbers - 1) // 2).sum())

    every = len(pids) * (len(pids) - 1) // 2
    same = count(pids) - count(pids, camids)
    return same, every - count(camids) - same


def _count_distances(people):
    """Returns the `PairCounts` of the Euclidean distances of all pairs from different cameras."""
    same, other = PairCounts(), PairCounts()
    vectors = people.snapshot.read(VECTORS, people.rows)
    vectors -= vectors.mean(axis=0)  # less cancellation below
    squares = np.einsum("nd,nd->n", vectors, vectors)
    progress = Progress("Comparing images", len(vectors))
    size = max(1, _BLOCK_PAIRS // len(vectors))
    for start in range(0, len(vectors), size):
        block = slice(start, min(start + size, len(vectors)))
        distances = vectors[block] @ vectors[start:].T
        distances *= -2
        distances += squares[block, np.newaxis]
        distances += squares[start:]
        np.sqrt(np.maximum(distances, 0, out=distances), out=distances)
        counts = np.triu(people.camids[block, np.newaxis] != people.camids[start:], k=1)
        is_same = people.pids[block, np.newaxis] == people.pids[start:]
        same.add(distances[counts & is_same])
        other.add(distances[counts & ~is_same])
        progress.advance(len(distances))
    return same, other


def _count_scores(model, people, totals, max_pairs):
    """Returns the `PairCounts` of -score of all pairs, or of a sample of them.

    Whether a pair is in the sample depends on the seed and its first image's number alone.
    """
    same, other = PairCounts(), PairCounts()
    shares = [min(1.0, max_pairs / total) for total in totals]
    progress = Progress("Matching pairs", len(people.rows))
    for first in range(len(people.rows)):
        after = np.arange(first + 1, len(people.rows))
        after = after[people.camids[after] != people.camids[first]]
        is_same = people.pids[after] == people.pids[first]
        drawn = np.random.default_rng((SEED, first)).random(len(after))
        kept = drawn < np.where(is_same, *shares)
        after, is_same = after[kept], is_same[kept]
        query = read_memories(people.snapshot, people.rows[first : first + 1])
        for start in range(0, len(after), _MATCHED):
            block = slice(start, start + _MATCHED)
            gallery = read_memories(people.snapshot, people.rows[after[block]])
            values = -model.match_memories(query, gallery)[0]
            same.add(values[is_same[block]])
            other.add(values[~is_same[block]])
        progress.advance()
    return same, other
