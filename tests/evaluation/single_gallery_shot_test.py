"""Single-gallery-shot CMC, against counting by hand and by brute force."""

import itertools

import numpy as np
import pytest

from tfreid.data.dataset import Split
from tfreid.errors import InputError
from tfreid.evaluation.single_gallery_shot import (
    DROP_CAMERA,
    DROP_IDENTITY,
    RULES,
    SingleShotTally,
    rank_single_gallery_shot,
)


def _make_split(images):
    return Split([f"{row}.png" for row in range(len(images))], *zip(*images))


def _measure(distances, query, gallery, **options):
    """query and gallery are lists of (pid, camid)."""
    tally = SingleShotTally(_make_split(query), _make_split(gallery), **options)
    tally.add(0, np.array(distances, np.float64))
    return tally.make_result()


def test_the_rules_differ_in_strangers_of_the_querys_camera():
    """The query, of camera 1, has its match at 3. A stranger of camera 1 at 1, and of camera 2 at 2
    and 4, one each.

    Without camera 1 the match is second (2 < 3 < 4). Else identity 6, in camera 1 alone, is ahead
    as well: third.
    """
    gallery = [(5, 2), (6, 1), (7, 2), (8, 2)]
    results = {rule: _measure([[3, 1, 2, 4]], [(5, 1)], gallery, rule=rule) for rule in RULES}
    assert results[DROP_CAMERA].cmc[:4].tolist() == [0, 100, 100, 100]
    assert results[DROP_IDENTITY].cmc[:4].tolist() == [0, 0, 100, 100]
    for rule, result in results.items():
        assert result.protocol == f"single_gallery_shot_{rule}"
        assert not result.deviation.any() and result.num_identities == 4


def test_the_querys_own_image_never_counts():
    """Query and gallery are the same two people, each seen by both cameras, all in one folder."""
    images = [(1, 1), (1, 2), (2, 1), (2, 2)]
    distances = [[0, 1, 5, 6], [1, 0, 6, 5], [5, 6, 0, 1], [6, 5, 1, 0]]
    for rule in RULES:
        assert _measure(distances, images, images, rule=rule).cmc[0] == 100


def test_one_image_is_drawn_of_each_identity():
    """The match is at 5; the stranger has images at 4 and 6, each drawn half the time."""
    result = _measure(
        [[5, 4, 6]], [(1, 1)], [(1, 2), (2, 2), (2, 2)], repeats=4000, max_rank=2, seed=3
    )
    assert result.cmc[1] == 100
    assert result.cmc[0] == pytest.approx(50, abs=4)
    assert result.deviation[0] == pytest.approx(50, abs=1)


def test_equally_near_images_share_their_ranks():
    """The match and two strangers at one distance: each place is as likely."""
    result = _measure([[1, 1, 1, 9]], [(1, 1)], [(1, 2), (2, 2), (3, 2), (4, 2)], max_rank=3)
    np.testing.assert_allclose(result.cmc, [100 / 3, 200 / 3, 100])


def test_a_network_that_tells_nobody_apart_scores_chance(rng):
    pids, camids = np.repeat(np.arange(1, 11), 4), np.tile([1, 1, 2, 2], 10)
    images = _make_split(list(zip(pids, camids)))
    tally = SingleShotTally(images, images, max_rank=10)
    tally.add(0, np.zeros((40, 40)))
    np.testing.assert_allclose(tally.make_result().cmc, np.arange(10, 101, 10))


def _expect_by_enumeration(distances, query, gallery, rule):
    """Returns the exact rank-1, 2, ... over all galleries that can be drawn; without ties."""
    people = sorted({pid for pid, _ in gallery})
    total, matched = np.zeros(len(people)), 0
    for row, (pid, camid) in enumerate(query):
        pools = []
        for person in people:
            pool = [
                column
                for column, (other, other_camid) in enumerate(gallery)
                if other == person
                and (other_camid != camid or (rule == DROP_IDENTITY and other != pid))
            ]
            if pool:
                pools.append(pool)
        draws = list(itertools.product(*pools))
        if not any(gallery[column][0] == pid for column in draws[0]):
            continue
        matched += 1
        for draw in draws:
            ranked = sorted(draw, key=lambda column: distances[row][column])
            place = [gallery[column][0] for column in ranked].index(pid)
            total[place:] += 1 / len(draws)
    return 100 * total / matched


@pytest.mark.parametrize("rule", RULES)
def test_many_draws_come_to_the_mean_over_all_galleries(rng, rule):
    gallery = [(pid, camid) for pid in (3, 5, 7, 8) for camid in (1, 2, 2)] + [(9, 1)]
    query = [(3, 1), (5, 2), (7, 1), (9, 1), (9, 2), (4, 1)]
    distances = rng.normal(size=(len(query), len(gallery)))
    result = _measure(distances, query, gallery, rule=rule, repeats=4000, max_rank=5)
    expected = _expect_by_enumeration(distances, query, gallery, rule)
    assert result.num_without_match == 2  # (9, 1) is its own camera's only image; nobody is 4
    assert result.num_queries == 6
    np.testing.assert_allclose(result.cmc, expected, atol=2)
    assert np.ptp(expected) > 20


def _measure_by_loops(distances, query, gallery, rule, repeats, seed, max_rank):
    """A literal twin: the same draws, one query, one draw and one identity at a time."""
    random, cmcs = np.random.RandomState(seed), []
    for _ in range(repeats):
        order = random.permutation(len(gallery))
        cmc = np.zeros(max_rank)
        for row, (pid, camid) in enumerate(query):
            shown = {}
            for column in order.tolist():
                other, other_camid = gallery[column]
                own_camera = other_camid == camid and (rule == DROP_CAMERA or other == pid)
                if other != -1 and not own_camera:
                    shown.setdefault(other or f"distractor {column}", distances[row][column])
            if pid in shown:
                place = sum(value < shown[pid] for value in shown.values())
                cmc[place:] += 1
        cmcs.append(cmc)
    return np.array(cmcs)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("block", [1, 4, 50])
def test_blocks_agree_with_loops_over_images(rng, rule, block):
    query = [(int(pid), int(camid)) for pid, camid in rng.integers((1, 1), (9, 4), (17, 2))]
    gallery = [(int(pid), int(camid)) for pid, camid in rng.integers((-1, 1), (9, 4), (43, 2))]
    distances = rng.permutation(17 * 43).reshape(17, 43)
    tally = SingleShotTally(
        _make_split(query), _make_split(gallery), rule=rule, repeats=6, seed=5, max_rank=12
    )
    for start in range(0, 17, block):
        tally.add(start, distances[start : start + block])
    result = tally.make_result()
    loops = _measure_by_loops(distances, query, gallery, rule, 6, 5, 12)
    cmcs = 100 * loops / (result.num_queries - result.num_without_match)
    np.testing.assert_allclose(result.cmc, cmcs.mean(axis=0))
    np.testing.assert_allclose(result.deviation, cmcs.std(axis=0, ddof=1))
    assert result.deviation[0] > 0
    distractors = sum(pid == 0 for pid, _ in gallery)
    assert result.num_identities == distractors + len({pid for pid, _ in gallery if pid > 0})


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_features_are_measured_like_their_distances(rng, metric):
    pids, camids = np.repeat(np.arange(1, 9), 4), np.tile([1, 1, 2, 2], 8)
    features = rng.normal(size=(32, 6))
    columns = (features, features, pids, pids, camids, camids)
    result = rank_single_gallery_shot(*columns, metric=metric, block_size=5, repeats=20)
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    points = features / lengths if metric == "cosine" else features
    distances = np.linalg.norm(points[:, np.newaxis] - points, axis=2)
    images = _make_split(list(zip(pids, camids)))
    tally = SingleShotTally(images, images, repeats=20)
    tally.add(0, distances)
    np.testing.assert_allclose(result.cmc, tally.make_result().cmc)
    assert 0 < result.cmc[0] < 100


def test_draws_are_those_of_the_seed(rng):
    pids, camids = np.repeat(np.arange(1, 9), 4), np.tile([1, 1, 2, 2], 8)
    features = rng.normal(size=(32, 6))

    def measure(seed):
        columns = (features, features, pids, pids, camids, camids)
        return rank_single_gallery_shot(*columns, seed=seed, repeats=5).cmc.tolist()

    assert measure(1) == measure(1) != measure(2)


def test_metrics_are_the_reported_ranks_and_what_they_stand_on():
    result = _measure([[1, 2]], [(1, 1)], [(1, 2), (2, 2)], max_rank=5)
    assert result.to_metrics() == {
        "rank1": 100,
        "rank5": 100,
        "rank1_deviation": 0,
        "repeats": 100,
        "gallery_identities": 2,
        "queries": 1,
        "queries_without_match": 0,
    }
    assert not _measure([[1, 2]], [(1, 1)], [(1, 2), (2, 2)], repeats=1).deviation.any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rule": "drop_all"}, "rule='drop_all': allowed values are drop_camera, drop_identity"),
        ({"repeats": 0}, "repeats=0, max_rank=50: must be at least 1"),
        ({"max_rank": 0}, "max_rank=0: must be at least 1"),
    ],
)
def test_wrong_options_are_told(options, message):
    with pytest.raises(InputError, match=message):
        _measure([[1, 2]], [(1, 1)], [(1, 2), (2, 2)], **options)


@pytest.mark.parametrize("gallery", [[(1, 1), (2, 2)], [(3, 2), (2, 2)], [(-1, 2), (0, 2)]])
def test_queries_without_any_match_are_told(gallery):
    with pytest.raises(InputError, match="None of the 1 queries has a match"):
        _measure([[1, 2]], [(1, 1)], gallery)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_distances_must_be_finite(value):
    with pytest.raises(InputError, match="a distance or score is not finite"):
        _measure([[1, value]], [(1, 1)], [(1, 2), (2, 2)])


def test_distances_must_cover_the_gallery():
    with pytest.raises(ValueError, match=r"distances of shape \(1, 3\); \[B, 2\]"):
        _measure([[1, 2, 3]], [(1, 1)], [(1, 2), (2, 2)])
