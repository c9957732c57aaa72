"""The search: from queries' features to answers, by way of a shortlist, and what they are worth."""

import dataclasses

import numpy as np

from tfreid.evaluation.reranking import rerank
from tfreid.index.calibration import Calibration
from tfreid.index.comparing import make_comparison, measure
from tfreid.index.results import Answer, Match
from tfreid.index.rows import VECTORS
from tfreid.index.sieve import Sieve, list_allowed
from tfreid.index.vector_index import HNSW, IVF
from tfreid.index.vectors import Vectors

_VERY_ALIKE, _ALIKE = 0.1, 1.0  # strangers, at most


class Searcher:
    """Answers queries from one state of an index.

    Attributes:
      measure: what a match's value is: results.DISTANCE or results.SCORE.
      vectors: `Vectors` that are searched.
      images: number of images that a query is compared with.
    """

    def __init__(self, folder, model, options, vectors=None):
        """Names what is searched; `refresh` reads it.

        Args:
          folder: the index folder.
          model: what `tfreid.load` returns; the index's own.
          options: `RetrievalOptions`.
          vectors: `Vectors` of the folder that these options search in, read before.
        """
        self._options, self._view, self._allowed, self._state = options, None, None, None
        self._comparison = make_comparison(model)
        self.measure = self._comparison.measure
        self.vectors = vectors or Vectors(folder, *choose_vectors(options))

    def refresh(self, view):
        """Takes up a state of the index, a `View` that lives as long as questions are asked.

        Raises:
          InputError: where there are too few vectors for the kind of index, a row is damaged, or
            no image is left by camera and time.
        """
        before, self._view = self._state, view
        self.vectors.refresh(view)
        if before != view.state.identity:  # a hundred thousand rows take seconds
            self._allowed, self._state = list_allowed(view, self._options), view.state.identity

    @property
    def images(self):
        return self._view.state.images if self._allowed is None else len(self._allowed)

    def answer(self, query, columns, threshold=None, digest=None):
        """Returns the `Answer` to one query.

        Args:
          query: (what to call it, the query itself for pictures).
          columns: {column: array [1, ...]}, its features.
          threshold: the largest distance, or least score, of a match; None for any.
          digest: of the query's content, so that it does not answer itself; None: not known.
        """
        sieve = Sieve(self._view, self._allowed, digest)
        vector, neighbors = self._expand(columns[VECTORS], sieve)
        also = () if self._comparison.needs_shortlist else neighbors
        ids, near = self._find(vector, self._count_candidates(), sieve, also)
        told = {"vector": columns[VECTORS][0], "itself": tuple(sorted(sieve.itself))}
        if not len(ids):
            return Answer(*query, (), None, **told)
        values = self._comparison.compare(columns, self._view, ids)
        # An answer's value is always the query's own: expansion and re-ranking only order it.
        order = self._reorder(ids, near, values)
        keys = self._comparison.sign * values if order is None else order
        # Stable: what ties stays in the order of distance, then of ids.
        best = np.argsort(keys, kind="stable")
        signed = self._comparison.sign * values
        if threshold is not None:
            best = best[signed[best] <= self._comparison.sign * threshold]
        matches = self._make_matches(ids, values, order, best[: self._options.top_k])
        return Answer(*query, matches, float(values[np.argmin(signed)]), **told)

    def _make_matches(self, ids, values, order, best):
        images = self._view.read_images(ids[best])
        reranked = [None] * len(ids) if order is None else order.tolist()
        return tuple(
            Match(rank, *images[ids[place]].named, float(values[place]), reranked[place])
            for rank, place in enumerate(best, start=1)
        )

    def _count_candidates(self):
        options = self._options
        if options.rerank or self._comparison.needs_shortlist:
            # More than are shown: what comes later may be better by scores or after re-ranking.
            return max(options.top_k, options.shortlist)
        return options.top_k

    def _expand(self, vector, sieve):
        """Returns (the vector to search with float32[1, D], ids of what was averaged into it)."""
        if not self._options.expand_neighbors:
            return vector, ()
        ids, _ = self._find(vector, self._options.expand_neighbors, sieve)
        neighbors = self._view.read_features(ids)[VECTORS][np.newaxis]
        return expand_queries(vector, neighbors, self._options.expand_alpha), ids

    def _find(self, vector, count, sieve, also=()):
        """Returns (ids int64[K] of the nearest, nearest first, their distances float32[K]).

        Args:
          vector: float32[1, D].
          count: how many to find.
          sieve: `Sieve` of the query.
          also: ids that come with them: an expanded query may lie far from what is nearest to the
            query itself, which a threshold must see.
        """
        ids, near = self._sort(vector, self._find_kept(vector, count, sieve))
        if len(also):
            return self._sort(vector, np.union1d(ids[:count], also))
        return ids[:count], near[:count]

    def _find_kept(self, vector, count, sieve):
        """Returns ids that pass a sieve: asks for more until enough do."""
        wanted = count + 1  # one may be the query itself
        while True:
            found = self.vectors.find(vector, wanted)
            kept = sieve.keep(found)
            if len(kept) >= count or len(kept) == len(found) or wanted >= self._view.state.images:
                return kept
            # By four: the images of one camera may lie far down the list.
            wanted *= 4

    def _sort(self, vector, ids):
        """Returns (ids int64[K], nearest first and ties by their order, distances float32[K])."""
        ids = np.sort(ids)
        near = measure(vector, self._view.read_features(ids)[VECTORS])[0]
        order = np.argsort(near, kind="stable")
        return ids[order], near[order]

    def _reorder(self, ids, near, values):
        """Returns [K] that the answer is ordered by; None where that is the values themselves.

        Args:
          ids: int64[K].
          near: float32[K], distances of the (expanded) query's vector.
          values: float32[K], distances or scores of the query itself.
        """
        options, comparison = self._options, self._comparison
        expanded = options.expand_neighbors and not comparison.needs_shortlist
        first = near if expanded else values
        if options.rerank:
            distances = comparison.measure_all(first, self._view, ids)
            return rerank(distances, options.rerank_k1, options.rerank_k2, options.rerank_lambda)
        return near if expanded else None


def choose_vectors(options):
    """Returns (kind of the vector index, effort) that `RetrievalOptions` ask for."""
    efforts = {IVF: options.ivf_lists, HNSW: options.hnsw_candidates}
    return options.vector_index, efforts.get(options.vector_index)


def expand_queries(queries, neighbors, alpha):
    """Averages queries with their nearest images.

    alpha = 0 is average query expansion (Chum et al., "Total Recall", ICCV 2007); a larger one
    weighs each image by its cosine similarity to the query to the power of alpha, the query itself
    by 1 (Radenovic et al., "Fine-tuning CNN Image Retrieval with No Human Annotation", TPAMI 2019).
    Features keep their length: they are compared by Euclidean distance.

    Args:
      queries: float32[Q, D].
      neighbors: float32[Q, n, D], the nearest images of each.
      alpha: at least 0.

    Returns:
      float32[Q, D].
    """
    products = np.einsum("qd,qnd->qn", queries, neighbors)
    lengths = np.linalg.norm(queries, axis=1)[:, np.newaxis] * np.linalg.norm(neighbors, axis=2)
    cosines = products / np.maximum(lengths, np.finfo(np.float32).tiny)
    weights = np.maximum(cosines, 0) ** alpha
    total = queries + np.einsum("qn,qnd->qd", weights, neighbors)
    return (total / (1 + weights.sum(axis=1, keepdims=True))).astype(np.float32)


def describe_strangers(number):
    """Returns words for a match as near as `number` strangers are expected to be."""
    if number <= _VERY_ALIKE:
        return "very alike"
    return "alike" if number <= _ALIKE else "not sure"


def judge_answers(answers, calibration, images):
    """Returns answers whose matches tell how many strangers are expected to be as near.

    A false accept rate is that of one comparison. A query is compared with every image, so that the
    number of strangers who come as near grows with the index. It is an expectation: it holds
    however much the images of one person are alike.

    Args:
      answers: [`Answer`, ...].
      calibration: `Calibration.to_json`; None where there is none: then nothing is told.
      images: number of images in the index.
    """
    if calibration is None:
        return answers
    calibration = Calibration.from_json(calibration)

    def judge(match):
        number = calibration.expect_strangers(match.value, images)
        words = describe_strangers(number)
        return dataclasses.replace(match, expected_strangers=number, alike=words)

    return [
        dataclasses.replace(answer, matches=tuple(map(judge, answer.matches))) for answer in answers
    ]
