"""k-reciprocal re-ranking (Zhong et al., CVPR 2017) of one query's shortlist.

The paper's algorithm on the query and its K nearest images, (K + 1) x (K + 1) distances: what a
gallery holds beyond the shortlist has no part in it, so its size does not matter.
"""

import numpy as np


def rerank(distances, k1=20, k2=6, weight=0.3):
    """Returns the final distances of a shortlist, Eq. 12; smaller is nearer.

    As in the authors' code, distances are squared and divided by the largest of their column
    before anything else, and k-reciprocal sets are searched among query and images alike.

    Args:
      distances: float[K + 1, K + 1], symmetric, not negative; row 0 is the query's.
      k1: neighbors of the k-reciprocal sets (section 3.2); K where the shortlist is shorter.
      k2: neighbors whose weights are averaged (local query expansion, Eq. 11).
      weight: lambda, the share of the original distance.

    Returns:
      float64[K], of rows 1 to K.
    """
    original = np.square(np.asarray(distances, np.float64))
    largest = original.max(axis=0)
    original = (original / np.where(largest > 0, largest, 1)).T
    order = np.argsort(original, axis=1, kind="stable")
    weights = _encode(original, order, k1)
    if k2 > 1:
        weights = weights[order[:, :k2]].mean(axis=1)
    jaccard = 1 - _share(weights[0], weights[1:])
    return (1 - weight) * jaccard + weight * original[0, 1:]


def _encode(original, order, k1):
    """Returns [N, N]: each row's weights (Eq. 7) of its expanded k-reciprocal set (section 3.2)."""
    near = _find_reciprocal(order, k1)
    half = _find_reciprocal(order, int(np.round(k1 / 2)))
    counts = half.sum(axis=1)
    common = _multiply(near, half.T)  # elements of i's set that are in q's half set
    joins = near & (common > 2 / 3 * counts)
    expanded = near | (_multiply(joins, half) > 0)
    weights = np.where(expanded, np.exp(-original), 0)
    # Of more than k1 images that are equal to the bit, some are not among their own neighbors.
    return weights / np.maximum(weights.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny)


def _multiply(left, right):
    """Returns the product of matrices of bool: exact counts, by the fast product of floats."""
    return left.astype(np.float32) @ right.astype(np.float32)


def _find_reciprocal(order, k):
    """Returns bool[N, N]: whether i and q are each among the other's k nearest, or are one."""
    near = np.zeros(order.shape, bool)
    np.put_along_axis(near, order[:, : k + 1], True, axis=1)
    return near & near.T


def _share(query, others):
    """Returns sum of minima / sum of maxima of the query's weights and each row's (Eq. 10)."""
    minima = np.minimum(query, others).sum(axis=1)
    maxima = np.maximum(query, others).sum(axis=1)
    return minima / np.maximum(maxima, np.finfo(np.float64).tiny)
