"""The shortlist: the gallery images that are worth matching, by pooled features."""

import numpy as np

from tfreid.data.dataset import DISTRACTOR_PID
from tfreid.evaluation.ranking import check_finite


def mark_unusable(query, gallery, rows, whole_camera=False):
    """Tells which gallery images never count for a query, neither as right nor as wrong.

    Args:
      query: `Split`, or anything with `pids` and `camids`.
      gallery: the same, without junk.
      rows: rows of the queries, a slice or int[q].
      whole_camera: whether nothing of the query's own camera counts, as in a single-gallery-shot
        measure by the rule DROP_CAMERA; else images of the query's identity by its camera.

    Returns:
      bool[q, G].
    """
    unusable = query.camids[rows, np.newaxis] == gallery.camids
    if whole_camera:
        return unusable
    pids = query.pids[rows, np.newaxis]
    # Nobody's pid says nothing about being the same person.
    return unusable & (pids == gallery.pids) & (pids > DISTRACTOR_PID)


def choose_shortlist(query_features, gallery_features, size, unusable=None):
    """Chooses the images that each query is matched with: the nearest by pooled features, by L2.

    Images that never count take no place of the K, unless fewer than K others are left.

    Args:
      query_features: float32[Q, C].
      gallery_features: float32[G, C].
      size: K, images to match; at most G.
      unusable: bool[Q, G], images that never count (`mark_unusable`); None: all count.

    Returns:
      (chosen int64[Q, K], the rows of the K nearest, in no particular order; distances
      float32[Q, G], squared, of all, for what comes after them).

    Raises:
      InputError: for a distance that is not finite.
    """
    with np.errstate(invalid="ignore", over="ignore"):  # told below
        squares = [np.einsum("nc,nc->n", side, side) for side in (query_features, gallery_features)]
        distances = squares[0][:, np.newaxis] + squares[1] - 2 * query_features @ gallery_features.T
    check_finite(distances)
    if size >= len(gallery_features):
        return np.tile(np.arange(len(gallery_features)), (len(distances), 1)), distances
    usable = distances if unusable is None else np.where(unusable, np.inf, distances)
    return np.argpartition(usable, size - 1, axis=1)[:, :size], distances


def order_gallery(chosen, scores, distances):
    """Returns a query's gallery as ranks: the matched images by score, then the rest by distance.

    Args:
      chosen: int[K], rows that were matched.
      scores: float32[K], theirs; the higher, the nearer.
      distances: float32[G], of pooled features.

    Returns:
      float32[G]: 0 for the nearest; equal numbers where scores, or distances, are equal.

    Raises:
      InputError: for a score or distance that is not finite: it would have a rank like any other.
    """
    check_finite(scores)
    check_finite(distances)
    ranks = np.empty(len(distances), np.float32)
    rest = np.ones(len(distances), bool)
    rest[chosen] = False
    ranks[chosen] = _rank(-scores)
    ranks[rest] = len(chosen) + _rank(distances[rest])
    return ranks


def _rank(values):
    return np.unique(values, return_inverse=True)[1]
