"""How a query is compared with the images of its shortlist: by embedding, or pair by pair."""

import numpy as np

from tfreid.index.features import matches_pairs
from tfreid.index.matching import read_memories, take_memories
from tfreid.index.results import DISTANCE, SCORE
from tfreid.index.snapshot import VECTORS
from tfreid.index.vectors import measure


def make_comparison(model, snapshot):
    """Returns the comparison that a model makes of a snapshot's images."""
    return (PairComparison if matches_pairs(model) else VectorComparison)(model, snapshot)


class VectorComparison:
    """Euclidean distances of embeddings: smaller is nearer.

    Attributes:
      measure: what the values are.
      sign: 1 where smaller values are nearer, else -1.
      needs_shortlist: whether more is compared than what the vectors put first.
    """

    measure, sign, needs_shortlist = DISTANCE, 1, False

    def __init__(self, model, snapshot):
        self._snapshot = snapshot

    def compare(self, query, rows):
        """Returns float32[K]: the values of a query and rows of the snapshot.

        Args:
          query: {column: array [1, ...]}.
          rows: int64[K].
        """
        return measure(query[VECTORS], self._snapshot.read(VECTORS, rows))[0]

    def measure_all(self, values, rows):
        """Returns float[K + 1, K + 1]: distances among a query and rows of the snapshot.

        Args:
          values: float[K], those of the query.
          rows: int64[K].
        """
        vectors = self._snapshot.read(VECTORS, rows)
        return _frame(values, measure(vectors, vectors))


class PairComparison:
    """KVM-MN's scores, the query's memory against each image's: larger is nearer.

    Attributes: see `VectorComparison`.
    """

    measure, sign, needs_shortlist = SCORE, -1, True

    def __init__(self, model, snapshot):
        self._model, self._snapshot = model, snapshot

    def compare(self, query, rows):
        """See `VectorComparison.compare`."""
        memories = read_memories(self._snapshot, rows)
        return self._model.match_memories(take_memories(query, slice(None)), memories)[0]

    def measure_all(self, values, rows):
        """See `VectorComparison.measure_all`: scores turned around and scaled to [0, 1].

        The highest score of all becomes 0, the lowest 1. Scores among the images are means of both
        directions: K x K matchings.
        """
        memories = read_memories(self._snapshot, rows)
        scores = self._model.match_memories(memories, memories)
        framed = _frame(values, (scores + scores.T) / 2)
        others = ~np.eye(len(framed), dtype=bool)
        highest, lowest = framed[others].max(), framed[others].min()
        distances = (highest - framed) / max(highest - lowest, np.finfo(np.float32).tiny)
        np.fill_diagonal(distances, 0)
        return distances


def _frame(first, others):
    """Returns float64[K + 1, K + 1]: a symmetric matrix with `first` as row and column 0."""
    framed = np.zeros((len(first) + 1, len(first) + 1))
    framed[0, 1:] = framed[1:, 0] = first
    framed[1:, 1:] = others
    return framed
