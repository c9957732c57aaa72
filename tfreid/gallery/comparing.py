"""How a query is compared with the images of its shortlist: by embedding, or pair by pair."""

import numpy as np

from tfreid.gallery.features import matches_pairs
from tfreid.gallery.matching import read_memories, take_memories
from tfreid.gallery.results import DISTANCE, SCORE
from tfreid.gallery.snapshot import VECTORS
from tfreid.gallery.vectors import measure


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

    def compare_all(self, rows):
        """Returns float32[K, K]: the distances among rows of the snapshot."""
        vectors = self._snapshot.read(VECTORS, rows)
        return measure(vectors, vectors)

    def to_distances(self, values):
        """Returns values as distances, at least 0."""
        return values


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

    def compare_all(self, rows):
        """See `VectorComparison.compare_all`; means of both directions, so K x K matchings."""
        memories = read_memories(self._snapshot, rows)
        scores = self._model.match_memories(memories, memories)
        return self.to_distances((scores + scores.T) / 2)

    def to_distances(self, values):
        """Returns the sigmoid of -score: in [0, 1], smaller for larger scores.

        A score is a logit of the softmax over a set; this is the chance that an image of score 0
        is taken instead.
        """
        return 1 / (1 + np.exp(np.clip(np.asarray(values, np.float64), -500, 500)))
