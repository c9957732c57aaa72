"""Where the matches of queries stand among their gallery, ties included.

Images at the same distance from a query form one *level*: their order is not known. A level that
holds matches is all that the measures need, and most levels hold one match and nothing else.
"""

import dataclasses

import numpy as np

from tfreid.cores import share_out

_COUNTED_LEVELS = 32  # up to here counting is faster than sorting (measured on Market-1501's shape)
_MARKS = 2**19  # compared at a time: they stay in the cache
_WORD_BYTES = 8
_BYTE_SUMS = 255  # what a byte can hold


@dataclasses.dataclass(frozen=True)
class Levels:
    """Levels that hold matches, ordered by query, then from near to far; columns int64[L].

    Attributes:
      query: row of the query in its block.
      ahead: images nearer than the level.
      matches_ahead: matches nearer than the level.
      size: images at the level.
      matches: matches at the level.
    """

    query: np.ndarray
    ahead: np.ndarray
    matches_ahead: np.ndarray
    size: np.ndarray
    matches: np.ndarray

    def take(self, indices):
        """Returns the levels of the given indices."""
        return Levels(*(getattr(self, field.name)[indices] for field in dataclasses.fields(self)))


def find_levels(scores, queries, match_scores):
    """Finds the levels of matches.

    Args:
      scores: float32[B, G], scores of the non-matches, +inf for what does not count. Rows may be
        sorted in place.
      queries: int64[M], for each match the row of its query.
      match_scores: float32[M], its score.

    Returns:
      `Levels`.
    """
    # By query, then by score: matches that tie stand side by side.
    order = np.lexsort((match_scores, queries))
    queries, match_scores = queries[order], match_scores[order]
    starts = np.flatnonzero(_mark_changes(queries) | _mark_changes(match_scores))
    query, level_scores = queries[starts], match_scores[starts]
    ahead, others = _count_around(scores, query, level_scores)
    matches = np.diff(np.append(starts, len(queries)))
    matches_ahead = starts - np.searchsorted(queries, query)
    return Levels(query, ahead + matches_ahead, matches_ahead, others + matches, matches)


def _mark_changes(values):
    """Returns bool[M]: whether an element differs from the one before it."""
    return np.append(True, values[1:] != values[:-1])[: len(values)]


def _count_around(scores, query, level_scores):
    """Counts the non-matches nearer than each level, and those at it."""
    nearer, equal = np.zeros((2, len(query)), np.int64)
    rows, starts, counts = np.unique(query, return_index=True, return_counts=True)
    sorted_rows = rows[counts > _COUNTED_LEVELS]

    def sort(first, last):
        for row in sorted_rows[first:last]:
            scores[row].sort()

    share_out(sort, len(sorted_rows), scores.shape[1])
    # On one core: comparing is so short that threads would only wait for each other (measured).
    for row, start, count in zip(rows, starts, counts):
        few = count <= _COUNTED_LEVELS
        step = max(1, _MARKS // scores.shape[1]) if few else count
        count_row = _count_by_comparing if few else _count_in_sorted
        for level in range(start, start + count, step):
            levels = slice(level, min(level + step, start + count))
            nearer[levels], equal[levels] = count_row(scores[row], level_scores[levels])
    return nearer, equal


def _count_by_comparing(row, level_scores):
    # One pass of the gallery for each level: a comparison costs so little that this takes a quarter
    # of the time of sorting the row where a query has about 15 matches, as in Market-1501.
    padding = -len(row) % (_WORD_BYTES * _BYTE_SUMS)
    marks = np.empty((len(level_scores), len(row) + padding), bool)
    marks[:, len(row) :] = False
    compared, levels = marks[:, : len(row)], level_scores[:, np.newaxis]
    np.less(row, levels, out=compared)
    nearer = _count_marks(marks)
    is_tied = np.equal(row, levels, out=compared).any()  # seldom
    return nearer, _count_marks(marks) if is_tied else 0


def _count_marks(marks):
    """Returns how many of each row are True, by sums of eight at a time: quicker than one by one.

    Args:
      marks: bool[K, P], P a multiple of `_WORD_BYTES` x `_BYTE_SUMS`.
    """
    words = marks.view(np.uint64).reshape(len(marks), -1, _BYTE_SUMS)
    return words.sum(axis=2).view(np.uint8).sum(axis=1, dtype=np.int64)


def _count_in_sorted(row, level_scores):
    nearer = np.searchsorted(row, level_scores)
    return nearer, np.searchsorted(row, level_scores, side="right") - nearer
