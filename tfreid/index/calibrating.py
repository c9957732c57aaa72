"""From labeled images to a calibration: pairs from different cameras are compared, or a sample."""

import os

import numpy as np
from absl import logging

from tfreid.data.file_prints import hash_files
from tfreid.data.findings import tell_number
from tfreid.errors import InputError
from tfreid.escaping import escape
from tfreid.index.adding import add_source
from tfreid.index.calibration import Calibration, make_curve
from tfreid.index.comparing import make_comparison
from tfreid.index.features import describe_model
from tfreid.index.rows import VECTORS
from tfreid.index.sources import UNKNOWN
from tfreid.progress import Progress

SEED = 0
_TOLD = 20  # images that cannot be read
_LOOKED_AT = 1000  # images that are decoded to see whether the network has learned from them
_COMPARED = 256  # images that are read at a time


def calibrate(store, model, source, batch_size, max_pairs):
    """Compares labeled images and keeps in the index what values mean.

    Features of these images are kept in an index of their own until it is done, so that it goes on
    where it was interrupted. What the index holds already is copied.

    Args:
      store: `Store` of the model's index.
      model: what `tfreid.load` returns.
      source: `Source`; images without a known person (pid above 0) and camera are left out.
      batch_size: images of a forward pass.
      max_pairs: most pairs of one, and of two people, that are compared; of more a sample is drawn.

    Returns:
      `Calibration`.

    Raises:
      InputError: where no pairs of one, or of two people come from different cameras.
    """
    # Distractors and junk are many people under one number.
    source = source.take(np.flatnonzero((source.pids > 0) & (source.camids != UNKNOWN)))
    if not len(source):
        raise InputError(
            f"calibrate={source.name}: no image tells its person (from 1 on) and camera; names "
            "must begin with PID_cCAMERA, as in 0007_c3_0001.jpg, or give a CSV table with the "
            "columns path,pid,camid."
        )
    work = store.open_calibrating()
    # Its files would be written, and in the end deleted, in somebody else's folder.
    if os.path.islink(work.folder):
        raise InputError(f"{work.folder}: is a link; an index has its files in its own folder.")
    work.create(describe_model(model))
    _warn_of(add_source(work, model, source, batch_size, known=store).skipped)
    with work.read() as view:
        labeled = _Labeled(view, source)
        result = _compute(make_comparison(model), labeled, model, max_pairs)
    with store.write() as change:
        change.set_calibration(result.to_json())
    # Last: whoever is killed before it finds all features computed.
    work.delete()
    return result


class _Labeled:
    """The images of a source that could be read; reads features by places, as a `View` by ids.

    Attributes:
      source: `Source` of these.
    """

    def __init__(self, view, source):
        ids = {image.path: image.id for image in view.list_images()}
        rows = [row for row, path in enumerate(source.paths) if path in ids]
        self.source = source.take(rows)
        self._view = view
        self._ids = np.array([ids[path] for path in self.source.paths], np.int64)
        self._vectors = view.read_features(self._ids)[VECTORS] if rows else None

    def read_features(self, places, columns=(VECTORS,)):
        """Returns {column: array [n, ...]}."""
        if columns == (VECTORS,):
            return {VECTORS: self._vectors[places]}
        return self._view.read_features(self._ids[places], columns)


def _compute(comparison, labeled, model, max_pairs):
    source, learned = labeled.source, model.learned
    totals = _count_pairs(source.pids, source.camids)
    _check_pairs(source, totals)
    same, other = _compare(comparison, labeled, totals, max_pairs)
    return Calibration(
        fingerprint=model.fingerprint,
        measure=comparison.measure,
        source=source.name,
        images=len(source),
        identities=len(np.unique(source.pids)),
        cameras=len(np.unique(source.camids)),
        same_pairs=len(same),
        other_pairs=len(other),
        all_same_pairs=totals[0],
        all_other_pairs=totals[1],
        curve=make_curve(same, other, comparison.sign),
        learned_people=None if learned is None else _count_learned(learned, source),
    )


def _count_learned(learned, source):
    pictures = hash_files(source.paths, _LOOKED_AT)
    return learned.count(source.paths, source.pids, pictures=pictures)


def _warn_of(skipped):
    for path, reason in skipped[:_TOLD]:
        logging.warning("skipped %s: %s", escape(path), reason)
    if len(skipped) > _TOLD:
        logging.warning("and %d more that cannot be read.", len(skipped) - _TOLD)


def _check_pairs(source, totals):
    counts = [len(np.unique(column)) for column in (source.pids, source.camids)]
    found = f"{tell_number(counts[0], 'person', 'people')} and {tell_number(counts[1], 'camera')}"
    for total, kind in zip(totals, ("one person", "two people")):
        if not total:
            raise InputError(
                f"calibrate={source.name}: no pair of {kind} from different cameras among "
                f"{tell_number(len(source), 'image')} of {found}; give images of several people, "
                "each seen by several cameras."
            )


def _count_pairs(pids, camids):
    """Returns (pairs of one person, pairs of two people) that different cameras saw."""

    def count(*columns):
        numbers = np.unique(np.stack(columns), axis=1, return_counts=True)[1].astype(np.int64)
        return int((numbers * (numbers - 1) // 2).sum())

    # By counts alone: a hundred thousand images have five billion pairs.
    every = len(pids) * (len(pids) - 1) // 2
    same = count(pids) - count(pids, camids)
    return same, every - count(camids) - same


def _compare(comparison, labeled, totals, max_pairs):
    """Returns float32 values, times the comparison's sign: of pairs of one, and of two people.

    Whether a pair is in the sample depends on the seed and its first image's number alone.
    """
    source, parts = labeled.source, ([], [])
    shares = [min(1.0, max_pairs / total) for total in totals]
    progress = Progress("Comparing images", len(source))
    for first in range(len(source)):
        after = np.arange(first + 1, len(source))
        after = after[source.camids[after] != source.camids[first]]
        is_same = source.pids[after] == source.pids[first]
        drawn = np.random.default_rng((SEED, first)).random(len(after))
        kept = drawn < np.where(is_same, *shares)
        after, is_same = after[kept], is_same[kept]
        query = labeled.read_features(np.array([first]), comparison.columns)
        for start in range(0, len(after), _COMPARED):
            block = slice(start, start + _COMPARED)
            values = comparison.sign * comparison.compare(query, labeled, after[block])
            parts[0].append(values[is_same[block]])
            parts[1].append(values[~is_same[block]])
        progress.advance()
    return tuple(np.concatenate(part) for part in parts)
