"""mAP, CMC and mINP of a query set against a gallery, by the Market-1501 protocol.

Works on plain numpy arrays of any origin. Needs memory for one copy of the gallery's features and
one block of queries x gallery, never for queries x gallery.
"""

import numpy as np

from tfreid.data.coverage import explain_no_match
from tfreid.data.dataset import DISTRACTOR_PID, JUNK_PID
from tfreid.errors import InputError
from tfreid.evaluation.distances import Comparer, cut_blocks
from tfreid.evaluation.levels import find_levels
from tfreid.evaluation.results import Tally
from tfreid.evaluation.sides import make_sides


def rank(
    query_features,
    gallery_features,
    query_pids,
    gallery_pids,
    query_camids,
    gallery_camids,
    *,
    metric="euclidean",
    block_size=None,
    max_rank=50,
    progress=None,
):
    """Ranks the gallery for every query and measures how well matches come first.

    A *match* of a query is a gallery image of its pid from another camera. These never count,
    neither as right nor as wrong: gallery images of pid -1 (junk), and those of the query's pid
    *and* camera. Gallery images of pid 0 are distractors: wrong for every query. A query
    without a match (so also one of pid -1 or 0) is left out of the means, and counted.

    Ties are scored by expectation: each measure is its exact mean over all orders of equally near
    images (`tfreid.evaluation.ties`). The gallery's order never matters, and features that are all
    equal score exactly what chance scores. Equal gallery features always tie.

    Args:
      query_features: [Q, D], finite; any real dtype, compared in float32.
      gallery_features: [G, D].
      query_pids: [Q], identities, whole numbers.
      gallery_pids: [G].
      query_camids: [Q], cameras, whole numbers.
      gallery_camids: [G].
      metric: "euclidean", or "cosine" (needs features without all-zero rows).
      block_size: queries compared at a time; None for as many as make 32 MB of distances.
      max_rank: length of the CMC curve.
      progress: called after each block with the number of its queries, as
        `Progress("Ranking queries", Q).advance` may be; or None.

    Returns:
      `RankingResult`, in percent.

    Raises:
      InputError: for arrays that cannot be ranked, or where no query has a match at all.
    """
    _check_counts(block_size, max_rank)
    query, gallery = make_sides(
        query_features, gallery_features, query_pids, gallery_pids, query_camids, gallery_camids
    )
    tally = RankingTally(query, gallery, max_rank)
    comparer = Comparer(query.features, gallery.features, tally.columns, metric)
    for start, stop in cut_blocks(len(query), len(tally.columns), block_size):
        tally.add_columns(start, comparer.compare(slice(start, stop)))
        if progress:
            progress(stop - start)
    return tally.make_result()


class RankingTally:
    """Collects blocks of distances, of whatever origin, and makes the result of them.

    Attributes:
      columns: int[N], the gallery images that count, those of one identity together.
    """

    def __init__(self, query, gallery, max_rank=50):
        """Prepares for the distances of all queries.

        Args:
          query: anything with a length, `pids` and `camids`, such as a `Split`.
          gallery: the same.
          max_rank: length of the CMC curve.

        Raises:
          InputError: where no query has a match at all.
        """
        _check_counts(None, max_rank)
        rows = np.flatnonzero(gallery.pids != JUNK_PID)
        if not len(rows):
            raise InputError(f"gallery_pids are all {JUNK_PID} (junk): there is nothing to rank.")
        # By identity: a query's matches are then one range of columns.
        self.columns = rows[np.argsort(gallery.pids[rows], kind="stable")]
        self._num_gallery = len(gallery)
        self._finder = _MatchFinder(query, gallery.pids[self.columns], gallery.camids[self.columns])
        # In blocks: all pairs of one identity at once may be many millions.
        if not any(self._finder.has_match(*block) for block in cut_blocks(len(query), len(rows))):
            raise InputError(
                f"None of the {len(query)} queries has a match, a gallery image of its identity "
                f"from another camera. {explain_no_match(query, gallery)}"
            )
        self._tally = Tally(len(query), max_rank)

    def add(self, first_query, distances):
        """Adds distances [B, G], smaller is nearer, whose row 0 is query `first_query`.

        For scores, where larger is nearer, give their negative. Each row is compared within
        itself only.

        Raises:
          InputError: for a distance that is not finite.
          ValueError: for distances of another shape.
        """
        distances = np.asarray(distances)
        check_block(distances, self._num_gallery)
        # float64 stays: rounded, distances that differ would tie.
        dtype = np.result_type(distances.dtype, np.float32)
        self.add_columns(first_query, distances[:, self.columns].astype(dtype, copy=False))

    def add_columns(self, first_query, scores):
        """Adds finite scores [B, N] of `columns`, floats; they are changed in place."""
        stop = first_query + len(scores)
        matches = self._finder.take_matches(first_query, stop, scores)
        self._tally.add(first_query, find_levels(scores, *matches))

    def make_result(self):
        """Returns the `RankingResult` of everything added."""
        return self._tally.make_result()


def check_block(distances, num_gallery):
    """Raises unless a block of distances is [B, G] and finite.

    Raises:
      InputError: for a distance that is not finite.
      ValueError: for another shape.
    """
    if distances.ndim != 2 or distances.shape[1] != num_gallery:
        raise ValueError(f"distances of shape {distances.shape}; [B, {num_gallery}].")
    check_finite(distances)


def check_finite(values):
    """Raises `InputError` unless all distances or scores of an array are finite."""
    if not np.isfinite(values).all():
        raise InputError(
            "a distance or score is not finite (NaN or infinite): the network's numbers overflow."
        )


class _MatchFinder:
    """Finds the gallery images of a query's identity, in a gallery that is sorted by pid."""

    def __init__(self, query, sorted_pids, camids):
        self._query, self._camids = query, camids
        self._starts = np.searchsorted(sorted_pids, query.pids)
        stops = np.searchsorted(sorted_pids, query.pids, side="right")
        is_person = query.pids != DISTRACTOR_PID  # junk is not in the gallery any more
        self._counts = (stops - self._starts) * is_person

    def has_match(self, start, stop):
        """Returns whether any query of a block has a match."""
        return bool(self._is_match(*self._pair(start, stop)).any())

    def take_matches(self, start, stop, scores):
        """Takes the images of a query's own identity out of its scores.

        Args:
          start: first query of the block.
          stop: one past its last.
          scores: float32[B, G]; entries of the query's identity become +inf.

        Returns:
          (int64[M] row in the block, float32[M] score) of each match.
        """
        queries, columns = self._pair(start, stop)
        is_match = self._is_match(queries, columns)
        rows = queries - start
        match_scores = scores[rows[is_match], columns[is_match]]
        # What stays finite are wrong answers: those ahead of a match are counted next.
        scores[rows, columns] = np.inf
        return rows[is_match], match_scores

    def _pair(self, start, stop):
        """Returns (query, gallery column) of all pairs of one identity."""
        counts = self._counts[start:stop]
        queries = np.repeat(np.arange(start, stop), counts)
        shifts = self._starts[start:stop] - (np.cumsum(counts) - counts)
        return queries, np.arange(len(queries)) + np.repeat(shifts, counts)

    def _is_match(self, queries, columns):
        return self._query.camids[queries] != self._camids[columns]


def _check_counts(block_size, max_rank):
    if block_size is not None and block_size < 1:
        raise InputError(f"block_size={block_size}: must be at least 1, or None.")
    if max_rank < 1:
        raise InputError(f"max_rank={max_rank}: must be at least 1.")
