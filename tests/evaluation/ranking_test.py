"""Ranking against an evaluator written out literally, in plain Python, from the definitions."""

import itertools
import math

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies

from tfreid.errors import InputError
from tfreid.evaluation.ranking import rank

MEASURES = ("mAP", "mAP_trapezoid", "mAP_top50", "mINP")


def make_problem(seed=0, queries=7, gallery=41, dimensions=5, identities=6, cameras=3):
    """Makes random arguments of `rank`, with junk and distractors in the gallery."""
    generator = np.random.default_rng(seed)
    return {
        "query_features": generator.standard_normal((queries, dimensions)).astype(np.float32),
        "gallery_features": generator.standard_normal((gallery, dimensions)).astype(np.float32),
        "query_pids": generator.integers(1, identities, queries),
        "gallery_pids": generator.integers(-1, identities, gallery),
        "query_camids": generator.integers(1, cameras + 1, queries),
        "gallery_camids": generator.integers(1, cameras + 1, gallery),
    }


def measure_one(order):
    """Returns (AP, trapezoid AP, AP stopped at 50, INP, first rank) of one list of True/False."""
    num_matches = sum(order)
    rectangle = trapezoid = stopped = 0.0
    seen, old_precision = 0, 1.0
    for position, is_match in enumerate(order, start=1):
        if is_match:
            seen += 1
        precision = seen / position
        if is_match:
            rectangle += precision / num_matches
            stopped += precision / num_matches if position <= 50 else 0
            trapezoid += (old_precision + precision) / 2 / num_matches
            last = position
        old_precision = precision
    return rectangle, trapezoid, stopped, num_matches / last, order.index(True) + 1


def list_lists(problem, query):
    """Returns every order of the query's list that its distances allow, as True/False lists."""
    point = problem["query_features"][query].astype(float)
    pid, camid = problem["query_pids"][query], problem["query_camids"][query]
    levels = {}
    for features, other_pid, other_camid in zip(
        problem["gallery_features"], problem["gallery_pids"], problem["gallery_camids"]
    ):
        if other_pid == -1 or (other_pid == pid and other_camid == camid):
            continue
        distance = math.dist(point, features.astype(float))
        levels.setdefault(distance, []).append(bool(other_pid == pid and pid > 0))
    groups = [sorted(set(itertools.permutations(levels[d]))) for d in sorted(levels)]
    return [sum((list(part) for part in parts), []) for parts in itertools.product(*groups)]


def rank_literally(problem, max_rank):
    """Returns (four measures, cmc, queries without match), in percent, means over tied orders."""
    rows, curves, missing = [], [], 0
    for query in range(len(problem["query_pids"])):
        lists = list_lists(problem, query)
        if not any(lists[0]):
            missing += 1
            continue
        results = [measure_one(order) for order in lists]
        rows.append(np.mean([result[:4] for result in results], axis=0))
        curves.append(
            [np.mean([result[4] <= k for result in results]) for k in range(1, max_rank + 1)]
        )
    return 100 * np.mean(rows, axis=0), 100 * np.mean(curves, axis=0), missing


def check_against_literal(problem, max_rank=20, **arguments):
    result = rank(**problem, max_rank=max_rank, **arguments)
    measures, curve, missing = rank_literally(problem, max_rank)
    np.testing.assert_allclose([getattr(result, name) for name in MEASURES], measures, rtol=1e-9)
    np.testing.assert_allclose(result.cmc, curve, rtol=1e-9, atol=1e-9)
    assert result.num_without_match == missing


@pytest.mark.parametrize("seed", range(6))
def test_random_features_score_as_the_literal_evaluator_says(seed):
    check_against_literal(make_problem(seed))


def test_more_than_fifty_ranks_score_as_the_literal_evaluator_says():
    """The stopped AP differs from the plain one only where matches stand beyond rank 50."""
    problem = make_problem(3, queries=5, gallery=180)
    check_against_literal(problem, max_rank=60)
    result = rank(**problem)
    assert result.mAP_top50 < result.mAP


def test_the_stopped_ap_takes_in_rank_fifty_and_no_more():
    """Two matches, at ranks 50 and 51 of 51."""
    result = rank(
        np.zeros((1, 1), np.float32),
        np.arange(1, 52, dtype=np.float32)[:, None],
        query_pids=np.array([1]),
        gallery_pids=np.array([2] * 49 + [1] * 2),
        query_camids=np.array([1]),
        gallery_camids=np.full(51, 2),
    )
    assert result.mAP_top50 == pytest.approx(100 * (1 / 50) / 2)
    assert result.mAP == pytest.approx(100 * (1 / 50 + 2 / 51) / 2)


@pytest.mark.parametrize("seed", range(6))
def test_tied_features_score_the_mean_over_all_orders(seed):
    """Whole numbers 0..2 in 2 dimensions: most distances are shared, also by unequal features."""
    generator = np.random.default_rng(seed)
    problem = make_problem(seed, queries=5, gallery=14, identities=4)
    problem["query_features"] = generator.integers(0, 3, (5, 2))
    problem["gallery_features"] = generator.integers(0, 3, (14, 2))
    check_against_literal(problem)


def test_distances_of_hash_codes_are_exact():
    """Hamming distances of 64-bit codes tie massively; moved to their mean they still must."""
    generator = np.random.default_rng(2)
    problem = make_problem(2, queries=6, gallery=11, identities=4)
    problem["query_features"] = generator.integers(0, 2, (6, 64))
    problem["gallery_features"] = (generator.random((11, 64)) < 0.8).astype(np.int8)
    check_against_literal(problem)


def test_an_oracle_scores_100_everywhere():
    """Features that show the identity and little else: every match comes first."""
    problem = make_problem(1, queries=30, gallery=400)
    generator = np.random.default_rng(1)
    for side in ("query", "gallery"):
        identity = np.eye(7)[problem[f"{side}_pids"]]
        noise = 0.01 * generator.standard_normal((len(identity), 3))
        problem[f"{side}_features"] = np.hstack([identity, noise])
    result = rank(**problem, max_rank=10)
    # Identities have 45 to 60 matches, so what stops at rank 50 is just below 100.
    assert [result.mAP, result.mAP_trapezoid, result.mINP] == [100, 100, 100]
    assert (result.cmc == 100).all()


def test_constant_features_score_exactly_chance():
    """One query, N = 5 gallery images that count, m = 2 of them matches, all tied.

    Each of the C(5,2) = 10 pairs of ranks a < b is equally likely. b = 2..5 occurs 1, 2, 3, 4
    times, a = 1..4 occurs 4, 3, 2, 1 times.
    AP, mean of (1/a + 2/b) / 2: 1/a sum to 4 + 3/2 + 2/3 + 1/4 = 77/12, 2/b sum to
    2 (1/2 + 2/3 + 3/4 + 4/5) = 163/30; (77/12 + 163/30) / 2 / 10 = 0.5925.
    INP, mean of 2/b: 163/300. CMC: the first match is at rank 1..4 in 4, 3, 2, 1 of the 10.
    Trapezoid: the precision before a is 1 at a = 1 (4 times) and else 0; before b it is
    1/(b - 1), sum 1 + 2/2 + 3/3 + 4/4 = 4; (4 + 4) / 2 / 10 = 0.4; mean with 0.5925: 0.49625.
    """
    result = rank(
        np.full((1, 8), 0.1, np.float32),
        np.full((8, 8), 0.1, np.float32),
        [3],
        [3, 0, 3, 3, -1, 2, 0, -1],
        [1],
        [2, 1, 1, 3, 2, 2, 2, 1],
        max_rank=6,
    )
    assert result.mAP == pytest.approx(59.25, rel=1e-13)
    assert result.mINP == pytest.approx(100 * 163 / 300, rel=1e-13)
    assert result.mAP_trapezoid == pytest.approx(49.625, rel=1e-13)
    np.testing.assert_allclose(result.cmc, [40, 70, 90, 100, 100, 100], rtol=1e-13)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize(
    "queries, gallery, dimensions", [(3, 13, 100), (1, 1001, 512), (9, 17, 37)]
)
def test_constant_features_of_any_size_are_one_level(metric, queries, gallery, dimensions):
    """A matrix product of such sizes may round equal columns differently."""
    generator = np.random.default_rng(0)
    features = np.tile(generator.random(dimensions, np.float32) - 0.5, (gallery, 1))
    pids = np.arange(gallery) % 10 + 1
    result = rank(
        features[:queries],
        features,
        pids[:queries],
        pids,
        np.zeros(queries),
        np.ones(gallery),
        metric=metric,
    )
    chance = np.mean([(pids == pid).sum() for pid in pids[:queries]]) / gallery
    assert result.cmc[0] == pytest.approx(100 * chance, rel=1e-12)


def test_nearly_constant_features_are_still_told_apart():
    """What all features share, here 1000 in each of 64 dimensions, must not drown the rest."""
    generator = np.random.default_rng(0)
    pids = np.repeat(np.arange(1, 21), 4)
    features = 1000 + generator.standard_normal((20, 64))[pids - 1] * 0.05
    features += 0.005 * generator.standard_normal(features.shape)
    cameras = np.tile(np.arange(4), 20)
    result = rank(features, features, pids, pids, cameras, cameras)
    assert result.mAP == 100


@pytest.mark.parametrize("factor", [1e-30, 1e30])
def test_very_small_and_very_large_features_rank_alike(factor):
    """Squares of both are outside float32."""
    problem = make_problem(4)
    expected = rank(**problem).average_precision
    for name in ("query_features", "gallery_features"):
        problem[name] = problem[name] * np.float64(factor)
    np.testing.assert_allclose(rank(**problem).average_precision, expected)


def test_cosine_is_euclidean_between_normalized_features():
    problem = make_problem(5)
    result = rank(**problem, metric="cosine")
    for name in ("query_features", "gallery_features"):
        problem[name] = problem[name] / np.linalg.norm(problem[name], axis=1, keepdims=True)
    np.testing.assert_allclose(result.average_precision, rank(**problem).average_precision)


@pytest.mark.parametrize("block_size", [1, 3, 7, 100])
def test_block_size_does_not_change_the_result(block_size):
    """Whole-number features, so that distances are exact whatever the shape of the product."""
    problem = make_problem(6)
    problem["gallery_features"] = np.round(4 * problem["gallery_features"])
    problem["query_features"] = np.round(4 * problem["query_features"])
    expected, result = rank(**problem), rank(**problem, block_size=block_size)
    np.testing.assert_array_equal(result.average_precision, expected.average_precision)
    np.testing.assert_array_equal(result.inverse_penalty, expected.inverse_penalty)
    np.testing.assert_allclose(result.cmc, expected.cmc, rtol=1e-12)


@hypothesis.given(
    points=strategies.lists(
        strategies.tuples(
            strategies.integers(-3, 3), strategies.integers(-1, 3), strategies.integers(1, 3)
        ),
        min_size=1,
        max_size=30,
    ),
    seed=strategies.integers(0, 1000),
)
@hypothesis.settings(max_examples=60, deadline=None, derandomize=True)
def test_the_order_of_the_gallery_does_not_matter(points, seed):
    points = np.array([(0, 1, 9), *points])  # one image that is a match of the first query
    arguments = [[[0.0], [1.0]], points[:, :1], [1, 2], points[:, 1], [1, 2], points[:, 2]]
    result = rank(*arguments)
    order = np.random.default_rng(seed).permutation(len(points))
    for i in (1, 3, 5):
        arguments[i] = arguments[i][order]
    shuffled = rank(*arguments)
    np.testing.assert_array_equal(shuffled.average_precision, result.average_precision)
    np.testing.assert_array_equal(shuffled.cmc, result.cmc)
    assert shuffled.to_metrics() == result.to_metrics()


def test_inputs_are_left_as_they_were():
    problem = make_problem(0)
    copies = {name: value.copy() for name, value in problem.items()}
    for metric in ("euclidean", "cosine"):
        rank(**problem, metric=metric)
    for name, value in problem.items():
        np.testing.assert_array_equal(value, copies[name])


def test_queries_without_a_match_are_left_out_and_counted():
    """Query 0 finds its match first; 1 is seen only by its own camera, 2 is a distractor,
    3 is junk, 4 is not in the gallery."""
    result = rank(
        np.zeros((5, 1)),
        [[1.0], [2.0], [3.0], [4.0]],
        [1, 2, 0, -1, 7],
        [1, 2, 0, -1],
        [1, 1, 1, 1, 1],
        [2, 1, 2, 2],
    )
    assert (result.num_queries, result.num_without_match) == (5, 4)
    assert result.mAP == 100
    np.testing.assert_array_equal(result.num_matches, [1, 0, 0, 0, 0])
    for column in (
        result.average_precision,
        result.average_precision_trapezoid,
        result.average_precision_top50,
        result.inverse_penalty,
    ):
        np.testing.assert_array_equal(column, [100] + 4 * [np.nan])


def test_progress_is_told_after_each_block():
    told = []
    rank(**make_problem(), block_size=3, progress=told.append)
    assert told == [3, 3, 1]


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"block_size": 0}, "block_size=0: must be at least 1, or None."),
        ({"max_rank": 0}, "max_rank=0: must be at least 1."),
        ({"metric": "hamming"}, "metric='hamming': allowed values are euclidean, cosine."),
        (
            {"gallery_pids": np.full(41, -1)},
            "gallery_pids are all -1 (junk): there is nothing to rank.",
        ),
        (
            {"query_pids": np.full(7, 99)},
            "None of the 7 queries has a match, a gallery image of its identity from another "
            "camera. No query identity is in the gallery: queries show 99, the "
            "gallery -1, 0, 1, 2, 3, .... A person has the same number in both.",
        ),
        (
            {"query_camids": np.full(7, 4), "gallery_camids": np.full(41, 4)},
            "None of the 7 queries has a match, a gallery image of its identity from another "
            "camera. All query and gallery images are of camera 4. Re-id",
        ),
        (
            {
                "query_camids": np.array([1, 1, 1, 1, 2, 2, 2]),
                "query_pids": np.array([1, 1, 1, 1, 2, 2, 2]),
                "gallery_pids": np.repeat([1, 2, 0], [20, 20, 1]),
                "gallery_camids": np.repeat([1, 2, 1], [20, 20, 1]),
            },
            "None of the 7 queries has a match, a gallery image of its identity from another "
            "camera. Every query's gallery images are of the query's own "
            "camera. Re-id",
        ),
    ],
)
def test_what_cannot_be_ranked_is_said(changes, message):
    with pytest.raises(InputError) as error:
        rank(**{**make_problem(), **changes})
    assert str(error.value).startswith(message) and "\n" not in str(error.value)
