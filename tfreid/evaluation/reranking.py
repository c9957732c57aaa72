"""k-reciprocal re-ranking (Zhong et al., CVPR 2017): of a shortlist, or of a whole test set.

As in the authors' code, distances are squared and divided by the largest of their column before
anything else, and k-reciprocal sets are searched among queries and images alike.
"""

import numpy as np
import scipy.sparse

from tfreid.evaluation.distances import cut_blocks
from tfreid.evaluation.protocols import Measures
from tfreid.evaluation.ranking import RankingTally
from tfreid.progress import Progress

_PAIRS = 8192  # of features that are subtracted at a time


def rerank(distances, k1=20, k2=6, weight=0.3):
    """Returns the final distances of one query's shortlist, Eq. 12; smaller is nearer.

    The paper's algorithm on the query and its K nearest images: what a gallery holds beyond them
    has no part in it, so its size does not matter.

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
    weights = _weigh(order, lambda rows, columns: original[rows, columns], k1, k2)
    jaccard = _Jaccard(weights[1:]).compare(weights[0])
    return (1 - weight) * jaccard + weight * original[0, 1:]


def rerank_all(query, gallery, k1=20, k2=6, weight=0.3, progress=None):
    """Yields the final distances of whole blocks of queries, by the whole algorithm.

    Needs memory for one copy of the features and some 200 numbers an image, never for all pairs.

    Args:
      query: float[Q, D], features that are compared by Euclidean distance.
      gallery: float[G, D], without junk, which would be among the neighbors.
      k1: see `rerank`; k2 and weight too.
      progress: called with the number of images whose neighbors were found; or None.

    Yields:
      (first query of the block, float64[B, G]).
    """
    features = np.concatenate([query, gallery]).astype(np.float64)
    # Changes no distance, and their squares lose fewer digits.
    features -= features.mean(axis=0)
    order, largest = _find_neighbors(features, max(k1 + 1, k2), progress)

    def measure(rows, columns):
        parts = range(0, len(rows), _PAIRS)
        squares = [
            np.square(features[rows[p : p + _PAIRS]] - features[columns[p : p + _PAIRS]]).sum(1)
            for p in parts
        ]
        return np.concatenate(squares) / largest[rows]

    weights = _weigh(order, measure, k1, k2)
    count = len(query)
    jaccard = _Jaccard(weights[count:])
    for start, stop in cut_blocks(count, len(gallery)):
        original = _square(features[start:stop], features[count:]) / largest[start:stop, np.newaxis]
        shared = np.stack([jaccard.compare(weights[row]) for row in range(start, stop)])
        yield start, (1 - weight) * shared + weight * original


def measure_reranked(retrieval, **constants):
    """Returns the `Measures` of all pairs of a `Retrieval` after `rerank_all` with constants."""
    query, gallery = retrieval.query_embeddings, retrieval.gallery_embeddings
    progress = Progress("Finding neighbors", len(query) + len(gallery))
    tally = RankingTally(retrieval.dataset.query, retrieval.dataset.gallery)
    for first, distances in rerank_all(query, gallery, progress=progress.advance, **constants):
        tally.add(first, distances)
    return Measures(tally.make_result(), ())


def _find_neighbors(features, count, progress):
    """Returns (int[N, count], each row's nearest, itself among them; its largest squared distance).

    The latter is 1 where all rows are equal.
    """
    count = min(count, len(features))
    order, largest = np.empty([len(features), count], np.int64), np.empty(len(features))
    for start, stop in cut_blocks(len(features), len(features)):
        squares = _square(features[start:stop], features)
        squares[np.arange(stop - start), np.arange(start, stop)] = 0  # but for rounding
        largest[start:stop] = squares.max(axis=1)
        # Sorted by row first: then equals come in the order of their rows, as by a stable sort of
        # all.
        nearest = np.sort(np.argpartition(squares, count - 1, axis=1)[:, :count])
        by_distance = np.argsort(np.take_along_axis(squares, nearest, 1), axis=1, kind="stable")
        order[start:stop] = np.take_along_axis(nearest, by_distance, 1)
        if progress:
            progress(stop - start)
    return order, np.where(largest > 0, largest, 1)


def _square(left, right):
    """Returns the squared distances of all pairs of rows, float64[L, R]."""
    squares = np.square(left).sum(1)[:, np.newaxis] + np.square(right).sum(1) - 2 * left @ right.T
    return np.maximum(squares, 0)


def _weigh(order, measure, k1, k2):
    """Returns [N, N], sparse: each row's weights (Eq. 7) of its expanded set, averaged (Eq. 11)."""
    near = _find_reciprocal(order, k1)
    # Halves are rounded to even, as by the authors' code.
    half = _find_reciprocal(order, int(np.round(k1 / 2)))
    common = near.multiply(near @ half.T).tocoo()  # elements of i's set that are in q's half set
    # More than two thirds, where Eq. 5 says at least: as by the authors' code.
    joins = common.data > 2 / 3 * half.sum(axis=1).A1[common.col]
    joined = scipy.sparse.csr_matrix(
        (np.ones(joins.sum()), (common.row[joins], common.col[joins])), near.shape
    )
    weights = (near + joined @ half).tocoo()
    weights.data = np.exp(-measure(weights.row, weights.col))
    # Of more than k1 images that are equal to the bit, some are not among their own neighbors.
    totals = np.maximum(weights.sum(axis=1).A1, np.finfo(np.float64).tiny)
    weights.data /= totals[weights.row]
    averaged = _mark(order[:, :k2])
    return (averaged.multiply(1 / averaged.sum(axis=1)) @ weights).tocsr()


def _find_reciprocal(order, k):
    """Returns 0 and 1, [N, N], sparse: whether i and q are each among the other's k nearest."""
    near = _mark(order[:, : k + 1])
    return near.multiply(near.T).tocsr()


def _mark(columns):
    """Returns a sparse matrix that is 1 in some columns of each row, int[N, k]."""
    size, count = columns.shape
    starts = np.arange(0, size * count + 1, count)
    return scipy.sparse.csr_matrix((np.ones(size * count), columns.ravel(), starts), (size, size))


class _Jaccard:
    """The Jaccard distance (Eq. 10) of a row of weights to many others."""

    def __init__(self, others):
        self._columns = others.tocsc()
        self._totals = others.sum(axis=1).A1

    def compare(self, row):
        """Returns float64[N]: 1 - sum of minima / sum of maxima."""
        minima = np.zeros(len(self._totals))
        starts, rows, weights = (getattr(self._columns, n) for n in ("indptr", "indices", "data"))
        # Minima are 0 in all columns where the row has no weight.
        for column, own in zip(row.indices, row.data):
            part = slice(starts[column], starts[column + 1])
            minima[rows[part]] += np.minimum(own, weights[part])
        # max(a, b) = a + b - min(a, b).
        maxima = row.data.sum() + self._totals - minima
        return 1 - minima / np.maximum(maxima, np.finfo(np.float64).tiny)
