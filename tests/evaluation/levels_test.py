import numpy as np
import pytest

from tfreid.evaluation import levels as levels_module
from tfreid.evaluation.levels import find_levels

INF = np.inf


def find(scores, queries, match_scores):
    return find_levels(
        np.array(scores, np.float32), np.array(queries), np.array(match_scores, np.float32)
    )


def test_levels_of_two_queries_by_hand():
    """Query 0: others at 1, 2, 2, 5 (and one that does not count), matches at 2, 0, 2, 7.

    Its levels: 0 (one match, first), 2 (two matches and two others after that match and the other
    at 1), 7 (one match after all other 7). Query 1 has no match. Query 2: one match ahead of all.
    """
    scores = [[2, 5, 1, INF, 2], [1, 2, 3, 4, 5], [3, 3, INF, 4, 5]]
    levels = find(scores, [0, 2, 0, 0, 0], [2, -1, 0, 2, 7])
    np.testing.assert_array_equal(levels.query, [0, 0, 0, 2])
    np.testing.assert_array_equal(levels.ahead, [0, 2, 7, 0])
    np.testing.assert_array_equal(levels.matches_ahead, [0, 1, 3, 0])
    np.testing.assert_array_equal(levels.size, [1, 4, 1, 1])
    np.testing.assert_array_equal(levels.matches, [1, 2, 1, 1])


def test_no_matches_make_no_levels():
    levels = find([[1, 2, 3]], np.zeros(0, np.int64), np.zeros(0))
    assert all(column.shape == (0,) for column in vars(levels).values())


@pytest.mark.parametrize("matches", [5, 32, 33, 200])
def test_few_and_many_levels_are_counted_alike(matches):
    """Either side of the number of levels from which a row is sorted instead of scanned."""
    generator = np.random.default_rng(matches)
    others = generator.integers(0, 300, (2, 90))
    match_scores = generator.permutation(300)[:matches]
    levels = find(others, np.ones(matches, int), match_scores)
    ordered = np.sort(match_scores)
    for i, score in enumerate(ordered):
        assert levels.ahead[i] == np.sum(others[1] < score) + i
        assert levels.size[i] == np.sum(others[1] == score) + 1


@pytest.mark.parametrize("marks", [1, 5000, 2**19])
@pytest.mark.parametrize("gallery", [2039, 2040, 2041])
def test_galleries_of_any_length_are_counted_whole(monkeypatch, gallery, marks):
    """Eight comparisons are added at once, of some levels at a time: nothing is left over."""
    monkeypatch.setattr(levels_module, "_MARKS", marks)
    generator = np.random.default_rng(gallery)
    others = generator.integers(0, 50, (3, gallery))
    scores = np.array([3, 0, 49, 20, 7])
    levels = find(others, np.full(5, 2), scores)
    ordered = np.sort(scores)
    np.testing.assert_array_equal(
        levels.ahead, [np.sum(others[2] < score) + i for i, score in enumerate(ordered)]
    )
    np.testing.assert_array_equal(levels.size, [np.sum(others[2] == s) + 1 for s in ordered])
