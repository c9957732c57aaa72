"""The nearest gallery images of queries, for ranked sheets and search."""

import numpy as np

from tfreid.data.dataset import DISTRACTOR_PID, JUNK_PID
from tfreid.errors import InputError
from tfreid.evaluation.distances import Comparer, cut_blocks
from tfreid.evaluation.sides import make_sides


def top_matches(
    query_features,
    gallery_features,
    query_pids,
    gallery_pids,
    query_camids,
    gallery_camids,
    k=10,
    *,
    metric="euclidean",
):
    """Finds the k nearest gallery images of each query, among those that count for it.

    Gallery images of pid -1 (junk), and those of the query's pid *and* camera, do not count and are
    not returned. Equally near images come in the order of the gallery.

    Args:
      query_features: [Q, D], finite; any real dtype.
      gallery_features: [G, D].
      query_pids: [Q], identities, whole numbers.
      gallery_pids: [G].
      query_camids: [Q], cameras, whole numbers.
      gallery_camids: [G].
      k: images to find for each query.
      metric: "euclidean" or "cosine".

    Returns:
      (indices int64[Q, k], distances float32[Q, k]), from near to far: rows of the gallery and
      `|q - g|` or `1 - cos(q, g)`. Where fewer than k images count, the rest is -1 and NaN.

    Raises:
      InputError: for arrays that cannot be compared, or k < 1.
    """
    if k < 1:
        raise InputError(f"k={k}: must be at least 1.")
    query, gallery = make_sides(
        query_features, gallery_features, query_pids, gallery_pids, query_camids, gallery_camids
    )
    indices = np.full((len(query), k), -1, np.int64)
    distances = np.full((len(query), k), np.nan, np.float32)
    rows = np.flatnonzero(gallery.pids != JUNK_PID)
    if not len(rows):
        return indices, distances
    comparer = Comparer(query.features, gallery.features, rows, metric)
    for start, stop in cut_blocks(len(query), len(rows)):
        for i, scores in enumerate(comparer.compare(slice(start, stop)), start):
            columns = _find_nearest(scores, _mark_counted(query, i, gallery, rows), k)
            measured = comparer.measure(i, columns)
            # Stable: answers at equal distance are in the order of the gallery.
            order = np.argsort(measured, kind="stable")
            indices[i, : len(order)] = rows[columns[order]]
            distances[i, : len(order)] = measured[order]
    return indices, distances


def _mark_counted(query, i, gallery, rows):
    """Returns bool[G]: whether a gallery image counts for query i."""
    pid, camid = query.pids[i], query.camids[i]
    if pid <= DISTRACTOR_PID:  # nobody's pid: it says nothing about being the same person
        return np.ones(len(rows), bool)
    return (gallery.pids[rows] != pid) | (gallery.camids[rows] != camid)


def _find_nearest(scores, counts, k):
    """Returns the columns of the k lowest scores that count, lower columns first among equals."""
    columns = np.flatnonzero(counts)
    scores = scores[columns]
    if k < len(columns):
        # All that tie with the k-th, of which the first rows are kept below.
        near = np.flatnonzero(scores <= np.partition(scores, k - 1)[k - 1])
        columns, scores = columns[near], scores[near]
    chosen = columns[np.argsort(scores, kind="stable")[:k]]
    return np.sort(chosen)
