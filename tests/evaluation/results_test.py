import numpy as np
import pytest

from tfreid.evaluation.levels import Levels
from tfreid.evaluation.results import Tally


def make_tally(max_rank=10):
    """Three queries: ranks 1 and 4; no match; rank 2 (a block of its own)."""
    tally = Tally(3, max_rank)
    first_block = [(0, 0, 0, 1, 1), (0, 3, 1, 1, 1)]
    tally.add(0, Levels(*np.array(first_block).T))
    tally.add(2, Levels(*np.array([(0, 1, 0, 1, 1)]).T))
    return tally


def test_means_are_over_the_queries_with_a_match():
    """AP (1 + 2/4) / 2 = .75 and .5; INP 2/4 and 1/2; trapezoid (1 + (1/3 + 2/4) / 2) / 2 and
    (0 + 1/2) / 2; the first match is at rank 1 and 2."""
    result = make_tally().make_result()
    assert result.mAP == pytest.approx(62.5)
    assert result.mAP_trapezoid == pytest.approx(100 * ((1 + 5 / 12) / 2 + 1 / 4) / 2)
    assert result.mINP == pytest.approx(50)
    np.testing.assert_allclose(result.cmc, [50] + [100] * 9)
    np.testing.assert_allclose(result.average_precision, [75, np.nan, 50])
    np.testing.assert_array_equal(result.num_matches, [2, 0, 1])


def test_metrics_have_the_names_of_the_field():
    metrics = make_tally().make_result().to_metrics()
    assert list(metrics) == [
        "mAP",
        "mAP_trapezoid",
        "mAP_top50",
        "mINP",
        "rank1",
        "rank5",
        "rank10",
        "queries",
        "queries_without_match",
    ]
    assert (metrics["rank1"], metrics["rank10"]) == (50, 100)
    assert (metrics["queries"], metrics["queries_without_match"]) == (3, 1)
    assert all(type(value) in (int, float) for value in metrics.values())  # so JSON takes them


def test_metrics_hold_no_rank_beyond_the_curve():
    metrics = make_tally(max_rank=5).make_result().to_metrics()
    assert "rank5" in metrics and "rank10" not in metrics
