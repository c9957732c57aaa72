"""The search: from queries' features to answers, by way of a shortlist."""

import numpy as np

from tfreid.index import approximate
from tfreid.index.comparing import make_comparison
from tfreid.index.expansion import expand_queries
from tfreid.index.reranking import rerank
from tfreid.index.results import Answer, make_match
from tfreid.index.snapshot import VECTORS
from tfreid.index.vectors import FlatVectors, measure


class Searcher:
    """Answers queries from one state of an index.

    Attributes:
      measure: what a match's value is: results.DISTANCE or results.SCORE.
    """

    def __init__(self, snapshot, model, options):
        """Reads the vectors, or the approximate index.

        Args:
          snapshot: `Snapshot` with at least one segment.
          model: what `tfreid.load` returns; the index's own.
          options: `RetrievalOptions`.

        Raises:
          InputError: where there are too few vectors for the kind of index, or a file is damaged.
        """
        self._snapshot, self._options = snapshot, options
        self._comparison = make_comparison(model, snapshot)
        self.measure = self._comparison.measure
        efforts = {approximate.IVF: options.ivf_lists, approximate.HNSW: options.hnsw_candidates}
        kind = options.vector_index
        if kind in efforts:
            self._vectors = approximate.open_approximate(snapshot, kind, efforts[kind])
        else:
            self._vectors = FlatVectors(snapshot)

    def answer(self, query, columns, threshold=None):
        """Returns the `Answer` to one query.

        Args:
          query: (what to call it, the query itself for pictures).
          columns: {column: array [1, ...]}, its features.
          threshold: the largest distance, or least score, of a match; None for any.
        """
        vector, neighbors = self._expand(columns[VECTORS])
        also = () if self._comparison.needs_shortlist else neighbors
        rows, near = self._find(vector, self._count_candidates(), also)
        if not len(rows):
            return Answer(*query, (), None, columns[VECTORS][0])
        values = self._comparison.compare(columns, rows)
        order = self._reorder(rows, near, values)
        keys = self._comparison.sign * values if order is None else order
        best = np.argsort(keys, kind="stable")
        signed = self._comparison.sign * values
        if threshold is not None:
            best = best[signed[best] <= self._comparison.sign * threshold]
        matches = tuple(
            make_match(
                self._snapshot.items,
                rows[place],
                rank,
                values[place],
                None if order is None else order[place],
            )
            for rank, place in enumerate(best[: self._options.top_k], start=1)
        )
        return Answer(*query, matches, float(values[np.argmin(signed)]), columns[VECTORS][0])

    def _count_candidates(self):
        options = self._options
        if options.rerank or self._comparison.needs_shortlist:
            return max(options.top_k, options.shortlist)
        return options.top_k

    def _expand(self, vector):
        """Returns (the vector to search with float32[1, D], rows of what was averaged into it)."""
        if not self._options.expand_neighbors:
            return vector, ()
        rows, _ = self._find(vector, self._options.expand_neighbors)
        neighbors = self._snapshot.read(VECTORS, rows)[np.newaxis]
        return expand_queries(vector, neighbors, self._options.expand_alpha), rows

    def _find(self, vector, count, also=()):
        """Returns (rows int64[K] of the nearest, nearest first, their distances float32[K]).

        Args:
          vector: float32[1, D].
          count: how many to find.
          also: rows that come with them: an expanded query may lie far from what is nearest to the
            query itself, which a threshold must see.
        """
        rows = self._vectors.find(vector, count)[0]
        rows, near = self._sort(vector, rows[rows >= 0])
        if len(also):
            return self._sort(vector, np.union1d(rows[:count], also))
        return rows[:count], near[:count]

    def _sort(self, vector, rows):
        """Returns (rows int64[K], nearest first and ties by their ids, distances float32[K])."""
        rows = np.sort(rows)
        near = measure(vector, self._snapshot.read(VECTORS, rows))[0]
        order = np.argsort(near, kind="stable")
        return rows[order], near[order]

    def _reorder(self, rows, near, values):
        """Returns [K] that the answer is ordered by; None where that is the values themselves.

        Args:
          rows: int64[K].
          near: float32[K], distances of the (expanded) query's vector.
          values: float32[K], distances or scores of the query itself.
        """
        options, comparison = self._options, self._comparison
        expanded = options.expand_neighbors and not comparison.needs_shortlist
        first = near if expanded else values
        if options.rerank:
            distances = comparison.measure_all(first, rows)
            return rerank(distances, options.rerank_k1, options.rerank_k2, options.rerank_lambda)
        return near if expanded else None
