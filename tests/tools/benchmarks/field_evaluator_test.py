import numpy as np
import pytest

from tfreid.evaluation.ranking import rank
from tools.benchmarks.field_evaluator import evaluate


def test_the_literal_evaluation_by_hand():
    """Query 7 of camera 1 ranks [7c1 (own view), 7c2, 3c1, 7c3]: hits at 1 and 3 of three.

    AP = (1/1 + 2/3) / 2. The second query's identity is nowhere: left out.
    """
    distances = np.array([[0.1, 0.2, 0.3, 0.4], [1, 2, 3, 4]])
    pids, camids = np.array([7, 7, 3, 7]), np.array([1, 2, 1, 3])
    first, mean_ap = evaluate(distances, np.array([7, 8]), pids, np.array([1, 1]), camids)
    assert first == 100 and mean_ap == pytest.approx(100 * 5 / 6)


def test_it_agrees_with_rank():
    generator = np.random.default_rng(0)
    query, gallery = generator.standard_normal((9, 4)), generator.standard_normal((50, 4))
    sides = (
        generator.integers(1, 4, 9),
        generator.integers(1, 4, 50),
        generator.integers(0, 3, 9),
        generator.integers(0, 3, 50),
    )
    distances = np.linalg.norm(query[:, None] - gallery, axis=2)
    first, mean_ap = evaluate(distances, *sides)
    result = rank(query, gallery, *sides)
    assert (first, mean_ap) == pytest.approx((result.cmc[0], result.mAP))
