"""What an evaluation found, in percent."""

import dataclasses

import numpy as np

from tfreid.evaluation.ties import (
    expect_cmc,
    expect_earlier_precision,
    expect_inverse_penalty,
    expect_precision,
)

TRUNCATED_RANKS = 50  # of `mAP_top50`
REPORTED_RANKS = (1, 5, 10)


@dataclasses.dataclass(frozen=True, eq=False)
class RankingResult:
    """Measures of a ranking, in percent; means are over the queries that have a match.

    The official Market-1501 script divides by all queries instead. Where every query has a match,
    as in Market-1501, that is the same; elsewhere multiply by
    (num_queries - num_without_match) / num_queries to get its numbers.

    Attributes:
      mAP: mean average precision as the field reports it: AP is the mean of the precision at the
        rank of each match (the rectangle rule).
      mAP_trapezoid: AP of the official Market-1501 script: the mean of two precisions, at the
        rank of the match and at the rank before it (1 before the first rank).
      mAP_top50: the rectangle AP whose sum stops at rank 50 while it still divides by all
        matches: a known slip of some published code, here for comparison with its numbers.
      mINP: mean of (matches) / (rank of the farthest match), the mean inverse negative penalty.
      cmc: float64[max_rank], cumulative matching characteristic; cmc[k - 1] is rank-k.
      num_queries: number of queries.
      num_without_match: queries that have no match in the gallery and are left out of the means.
      average_precision: float64[num_queries], AP of each query; NaN without match.
      average_precision_trapezoid: float64[num_queries], the same by the trapezoid rule.
      average_precision_top50: float64[num_queries], the same, stopped at rank 50.
      inverse_penalty: float64[num_queries], INP of each query; NaN without match.
      num_matches: int64[num_queries], gallery images that are a match of each query.
    """

    mAP: float  # noqa: N815
    mAP_trapezoid: float  # noqa: N815
    mAP_top50: float  # noqa: N815
    mINP: float  # noqa: N815
    cmc: np.ndarray
    num_queries: int
    num_without_match: int
    average_precision: np.ndarray
    average_precision_trapezoid: np.ndarray
    average_precision_top50: np.ndarray
    inverse_penalty: np.ndarray
    num_matches: np.ndarray

    def to_metrics(self):
        """Returns {name: number} for `metrics.jsonl`, TensorBoard and tables."""
        metrics = {
            "mAP": self.mAP,
            "mAP_trapezoid": self.mAP_trapezoid,
            "mAP_top50": self.mAP_top50,
            "mINP": self.mINP,
        }
        for rank in REPORTED_RANKS:
            if rank <= len(self.cmc):
                metrics[f"rank{rank}"] = float(self.cmc[rank - 1])
        metrics["queries"] = self.num_queries
        metrics["queries_without_match"] = self.num_without_match
        return metrics


class Tally:
    """Collects the levels of blocks of queries and makes the result of them."""

    def __init__(self, num_queries, max_rank):
        self._columns = np.full((4, num_queries), np.nan)
        self._num_matches = np.zeros(num_queries, np.int64)
        self._cmc = np.zeros(max_rank)

    def add(self, first_query, levels):
        """Adds the `Levels` of a block whose row 0 is query `first_query`."""
        matched, first, counts = np.unique(levels.query, return_index=True, return_counts=True)
        last_levels = levels.take(first + counts - 1)
        num_matches = last_levels.matches_ahead + last_levels.matches
        queries = first_query + matched
        precision = expect_precision(levels)
        trapezoid = (precision + expect_earlier_precision(levels)) / 2
        truncated = expect_precision(levels, depth=TRUNCATED_RANKS)
        for column, terms in zip(self._columns, (precision, trapezoid, truncated)):
            column[queries] = np.bincount(levels.query, terms)[matched] / num_matches
        self._columns[3, queries] = expect_inverse_penalty(last_levels)
        self._num_matches[queries] = num_matches
        self._cmc += expect_cmc(levels.take(first), len(self._cmc)).sum(axis=0)

    def make_result(self):
        """Returns the `RankingResult` of everything added; at least one query has a match."""
        matched = self._num_matches > 0
        precision, trapezoid, truncated, penalty = 100 * self._columns
        means = [float(column[matched].mean()) for column in 100 * self._columns]
        return RankingResult(
            *means,
            cmc=100 * self._cmc / matched.sum(),
            num_queries=len(matched),
            num_without_match=int((~matched).sum()),
            average_precision=precision,
            average_precision_trapezoid=trapezoid,
            average_precision_top50=truncated,
            inverse_penalty=penalty,
            num_matches=self._num_matches,
        )
