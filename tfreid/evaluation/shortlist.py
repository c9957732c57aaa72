"""The shortlist: the gallery images that are worth matching, by pooled features."""

import numpy as np


def choose_shortlist(query_features, gallery_features, size):
    """Orders the gallery of each query by the L2 distance of pooled features.

    Args:
      query_features: float32[Q, C].
      gallery_features: float32[G, C].
      size: K, images to match; at most G.

    Returns:
      (chosen int64[Q, K], the rows of the K nearest, in no particular order; distances
      float32[Q, G], squared, for what comes after them).
    """
    squares = [np.einsum("nc,nc->n", side, side) for side in (query_features, gallery_features)]
    distances = squares[0][:, np.newaxis] + squares[1] - 2 * query_features @ gallery_features.T
    if size >= len(gallery_features):
        return np.tile(np.arange(len(gallery_features)), (len(distances), 1)), distances
    return np.argpartition(distances, size - 1, axis=1)[:, :size], distances


def order_gallery(chosen, scores, distances):
    """Returns a query's gallery as ranks: the matched images by score, then the rest by distance.

    Args:
      chosen: int[K], rows that were matched.
      scores: float32[K], theirs; the higher, the nearer.
      distances: float32[G], of pooled features.

    Returns:
      float32[G]: 0 for the nearest; equal numbers where scores, or distances, are equal.
    """
    ranks = np.empty(len(distances), np.float32)
    rest = np.ones(len(distances), bool)
    rest[chosen] = False
    ranks[chosen] = _rank(-scores)
    ranks[rest] = len(chosen) + _rank(distances[rest])
    return ranks


def _rank(values):
    return np.unique(values, return_inverse=True)[1]
