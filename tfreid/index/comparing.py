"""How a query is compared with the images of its shortlist: by embedding, or pair by pair."""

import numpy as np

from tfreid.index.features import take_memories
from tfreid.index.results import DISTANCE, SCORE
from tfreid.index.rows import KEYS, VALUES, VECTORS


def make_comparison(model):
    """Returns the comparison that a model makes of images."""
    return PairComparison(model) if model.scores_pairs else VectorComparison()


class VectorComparison:
    """Euclidean distances of embeddings: smaller is nearer.

    Attributes:
      measure: what the values are.
      sign: 1 where smaller values are nearer, else -1.
      needs_shortlist: whether more is compared than what the vectors put first.
      columns: names of the features that are compared.
    """

    measure, sign, needs_shortlist, columns = DISTANCE, 1, False, (VECTORS,)

    def compare(self, query, view, ids):
        """Returns float32[K]: the values of a query and images of an index.

        Args:
          query: {column: array [1, ...]}.
          view: `View` of the index, or whatever reads features by ids.
          ids: int64[K].
        """
        return measure(query[VECTORS], view.read_features(ids)[VECTORS])[0]

    def measure_all(self, values, view, ids):
        """Returns float[K + 1, K + 1]: distances among a query and images.

        Args:
          values: float[K], those of the query.
          view: as for `compare`.
          ids: int64[K].
        """
        vectors = view.read_features(ids)[VECTORS]
        return _frame(values, measure(vectors, vectors))


class PairComparison:
    """KVM-MN's scores, the query's memory against each image's: larger is nearer.

    Attributes: see `VectorComparison`.
    """

    measure, sign, needs_shortlist = SCORE, -1, True
    columns = (VECTORS, KEYS, VALUES)

    def __init__(self, model):
        self._model = model

    def compare(self, query, view, ids):
        """See `VectorComparison.compare`."""
        memories = self._read_memories(view, ids)
        return self._model.match_memories(take_memories(query), memories)[0]

    def measure_all(self, values, view, ids):
        """See `VectorComparison.measure_all`: scores turned around and scaled to [0, 1].

        The highest score of all becomes 0, the lowest 1. Scores among the images are means of both
        directions: K x K matchings.
        """
        memories = self._read_memories(view, ids)
        scores = self._model.match_memories(memories, memories)
        framed = _frame(values, (scores + scores.T) / 2)
        others = ~np.eye(len(framed), dtype=bool)
        highest, lowest = framed[others].max(), framed[others].min()
        # Where all scores are the same, 0 / tiny.
        distances = (highest - framed) / max(highest - lowest, np.finfo(np.float32).tiny)
        np.fill_diagonal(distances, 0)
        return distances

    def _read_memories(self, view, ids):
        return take_memories(view.read_features(ids, self.columns))


def _frame(first, others):
    """Returns float64[K + 1, K + 1]: a symmetric matrix with `first` as row and column 0."""
    framed = np.zeros((len(first) + 1, len(first) + 1))
    framed[0, 1:] = framed[1:, 0] = first
    framed[1:, 1:] = others
    return framed


def measure(queries, vectors):
    """Returns float32[Q, n]: Euclidean distances, without cancellation.

    Args:
      queries: float32[Q, D].
      vectors: float32[n, D].
    """
    distances = np.empty((len(queries), len(vectors)), np.float32)
    for row, query in enumerate(queries):
        # Not |a|^2 - 2ab + |b|^2: of images that are near, only rounding would be left.
        gaps = vectors - query
        distances[row] = np.sqrt(np.einsum("nd,nd->n", gaps, gaps))
    return distances
