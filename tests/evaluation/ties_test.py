"""Expected measures against the mean over every order of the tied images."""

import itertools

import numpy as np
import pytest

from tfreid.evaluation import ties
from tfreid.evaluation.levels import Levels


def make_levels(*rows):
    """Makes levels of one query from (matches, others) counts of each distance, near to far.

    Returns the levels that hold matches.
    """
    columns, ahead, hits = [], 0, 0
    for matches, others in rows:
        if matches:
            columns.append((0, ahead, hits, matches + others, matches))
        ahead, hits = ahead + matches + others, hits + matches
    return Levels(*np.array(columns).T)


def list_orders(*rows):
    """Yields every order of the images as a list of 1 (match) and 0 (other)."""
    groups = []
    for matches, others in rows:
        places = range(matches + others)
        groups.append(
            [
                [int(place in chosen) for place in places]
                for chosen in itertools.combinations(places, matches)
            ]
        )
    for parts in itertools.product(*groups):
        yield sum(parts, [])


def average(measure, rows):
    return np.mean([measure(order) for order in list_orders(*rows)], axis=0)


def sum_precision(order, depth=10**9):
    ranks = [i + 1 for i, match in enumerate(order) if match]
    return sum((hits + 1) / rank for hits, rank in enumerate(ranks) if rank <= depth)


def sum_earlier_precision(order):
    ranks = [i + 1 for i, match in enumerate(order) if match]
    return sum(hits / (rank - 1) if rank > 1 else 1 for hits, rank in enumerate(ranks))


CASES = [
    [(1, 0)],
    [(0, 3), (1, 0)],
    [(3, 0)],
    [(1, 1)],
    [(2, 3)],
    [(0, 2), (2, 3)],
    [(1, 0), (0, 1), (1, 2), (2, 0), (0, 1), (3, 1)],
    [(2, 1), (1, 4), (0, 2), (1, 1)],
    [(1, 2), (0, 1), (2, 2), (1, 0)],
]
every_case = pytest.mark.parametrize("rows", CASES, ids=str)


@every_case
def test_precision_is_the_mean_over_all_orders(rows):
    expected = average(sum_precision, rows)
    assert ties.expect_precision(make_levels(*rows)).sum() == pytest.approx(expected, rel=1e-12)


@every_case
@pytest.mark.parametrize("depth", [1, 2, 4, 6])
def test_precision_stops_at_the_depth(rows, depth):
    expected = average(lambda order: sum_precision(order, depth), rows)
    result = ties.expect_precision(make_levels(*rows), depth).sum()
    assert result == pytest.approx(expected, rel=1e-12)


@every_case
def test_earlier_precision_is_the_mean_over_all_orders(rows):
    expected = average(sum_earlier_precision, rows)
    result = ties.expect_earlier_precision(make_levels(*rows)).sum()
    assert result == pytest.approx(expected, rel=1e-12)


@every_case
def test_cmc_is_the_mean_over_all_orders(rows):
    max_rank = 12  # longer than most of the lists: the curve stays at 1
    expected = average(lambda order: [any(order[:k]) for k in range(1, max_rank + 1)], rows)
    result = ties.expect_cmc(make_levels(*rows).take([0]), max_rank)
    np.testing.assert_allclose(result, [expected], rtol=1e-12)


@every_case
def test_inverse_penalty_is_the_mean_over_all_orders(rows):
    expected = average(lambda order: sum(order) / (len(order) - order[::-1].index(1)), rows)
    result = ties.expect_inverse_penalty(make_levels(*rows).take([-1]))
    np.testing.assert_allclose(result, [expected], rtol=1e-12)


def test_a_match_tied_with_one_other_has_three_quarters_of_precision():
    """Rank 1 (precision 1) or rank 2 (1/2), each half of the time."""
    assert ties.expect_precision(make_levels((1, 1))) == pytest.approx([0.75])


def test_a_perfect_list_is_exactly_one():
    """49 * (1 / 49) is not 1 in float64: no such rounding may spoil a perfect score."""
    levels = make_levels(*[(1, 0)] * 60)
    assert (ties.expect_precision(levels) == 1).all()
    assert (ties.expect_earlier_precision(levels) == 1).all()
    assert (ties.expect_inverse_penalty(levels.take([-1])) == 1).all()


def test_a_large_level_agrees_with_random_orders():
    """9 ahead, then 40 matches among 3,000: the mean of 2,000 drawn orders, within 5 sigma."""
    levels = make_levels((2, 7), (40, 2960))
    generator = np.random.default_rng(5)
    draws = []
    for _ in range(2000):
        places = np.sort(generator.permutation(3000)[:40])
        ranks = 10 + places
        draws.append([np.sum((3 + np.arange(40)) / ranks), 42 / ranks[-1]])
    mean, error = np.mean(draws, axis=0), np.std(draws, axis=0) / np.sqrt(2000)
    result = [ties.expect_precision(levels)[1], ties.expect_inverse_penalty(levels.take([1]))[0]]
    assert (np.abs(result - mean) < 5 * error).all()


def test_no_levels_give_no_terms():
    levels = Levels(*np.zeros((5, 0), np.int64))
    assert ties.expect_precision(levels).shape == (0,)
    assert ties.expect_earlier_precision(levels).shape == (0,)
    assert ties.expect_inverse_penalty(levels).shape == (0,)
    assert ties.expect_cmc(levels, 5).shape == (0, 5)
