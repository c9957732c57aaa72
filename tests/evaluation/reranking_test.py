"""Re-ranking against a literal transcription of the paper (CVPR 2017), set by set."""

import numpy as np
import pytest

from tfreid.data.dataset import Dataset, Split, make_empty_split
from tfreid.evaluation.reranking import measure_reranked, rerank, rerank_all
from tfreid.evaluation.retrieval import Retrieval, rank_dataset


def rerank_literally(distances, k1, k2, weight):
    """Sections 3.1 to 3.4 and Eq. 12 with Python sets and loops over all rows and columns."""
    size = len(distances)
    original = np.array(
        [
            [distances[i][j] ** 2 / max(distances[n][i] ** 2 for n in range(size))
             for j in range(size)]
            for i in range(size)
        ]
    )  # fmt: skip
    ranks = [sorted(range(size), key=lambda j, i=i: (original[i][j], j)) for i in range(size)]

    def nearest(i, k):
        return set(ranks[i][: k + 1])

    def reciprocal(i, k):
        return {j for j in nearest(i, k) if i in nearest(j, k)}

    vectors = np.zeros((size, size))
    for i in range(size):
        expanded = set(reciprocal(i, k1))
        for candidate in reciprocal(i, k1):
            half = reciprocal(candidate, int(np.around(k1 / 2)))
            if len(half & reciprocal(i, k1)) > 2 / 3 * len(half):
                expanded |= half
        total = sum(np.exp(-original[i][j]) for j in expanded)
        for j in expanded:
            vectors[i][j] = np.exp(-original[i][j]) / total
    averaged = np.array([np.mean([vectors[j] for j in ranks[i][:k2]], axis=0) for i in range(size)])
    final = []
    for j in range(1, size):
        minima = sum(min(a, b) for a, b in zip(averaged[0], averaged[j]))
        maxima = sum(max(a, b) for a, b in zip(averaged[0], averaged[j]))
        final.append((1 - weight) * (1 - minima / maxima) + weight * original[0][j])
    return np.array(final)


def make_distances(rng, size, people=6):
    points = rng.standard_normal((people, 5))[rng.integers(0, people, size)]
    points = points + 0.4 * rng.standard_normal((size, 5))
    return np.linalg.norm(points[:, None] - points, axis=2)


@pytest.mark.parametrize(
    ("k1", "k2", "weight"), [(20, 6, 0.3), (7, 3, 0.5), (3, 1, 0.0), (10, 2, 1.0), (60, 6, 0.3)]
)
def test_it_is_the_papers_on_the_same_shortlist(rng, k1, k2, weight):
    for size in (12, 41):
        distances = make_distances(rng, size)
        np.testing.assert_allclose(
            rerank(distances, k1, k2, weight),
            rerank_literally(distances, k1, k2, weight),
            rtol=1e-9,
        )


def test_an_image_that_is_near_the_querys_neighbors_passes_one_that_is_not():
    """On a line: the query 0; its person at 1, 2 and 3; another at -2.9 with four of his own.

    By distance to the query -2.9 is before 3; it shares no neighbors with the query.
    """
    points = np.array([0, 1, 2, 3, -2.9, -3.0, -3.1, -3.2, -3.3])
    distances = np.abs(points[:, None] - points)
    final = rerank(distances, k1=3, k2=1, weight=0.3)
    assert distances[0, 4] < distances[0, 3] and final[2] < final[3]


def test_only_lambda_1_keeps_the_order_of_distances(rng):
    distances = make_distances(rng, 30)
    order = np.argsort(distances[0, 1:])
    np.testing.assert_array_equal(np.argsort(rerank(distances, weight=1.0)), order)


def test_equal_images_and_a_shortlist_of_one_make_no_nan():
    assert np.isfinite(rerank(np.zeros((40, 40)), k1=5)).all()
    assert rerank(np.array([[0, 2.0], [2, 0]])).shape == (1,)


def measure_all(features):
    return np.linalg.norm(features[:, None].astype(np.float64) - features, axis=2)


@pytest.mark.parametrize(("k1", "k2"), [(20, 6), (5, 1), (60, 3)])
def test_a_whole_test_set_is_the_papers_for_each_query(rng, k1, k2, monkeypatch):
    """Queries are among the neighbors; blocks of a few queries give what one of all gives."""
    people = rng.standard_normal((6, 5))[rng.integers(0, 6, 40)]
    features = (people + 0.4 * rng.standard_normal((40, 5))).astype(np.float32)
    monkeypatch.setattr("tfreid.evaluation.distances._BLOCK_ELEMENTS", 100)
    blocks = dict(rerank_all(features[:7], features[7:], k1, k2))
    found = np.concatenate([blocks[start] for start in sorted(blocks)])
    assert len(blocks) > 1 and found.shape == (7, 33)
    distances = measure_all(features)
    for row in range(7):
        turned = np.roll(np.arange(40), -row)  # the query first
        expected = rerank_literally(distances[np.ix_(turned, turned)], k1, k2, 0.3)
        gallery = [np.flatnonzero(turned == column)[0] - 1 for column in range(7, 40)]
        np.testing.assert_allclose(found[row], expected[gallery], atol=1e-9)


def test_equal_features_make_no_nan_in_a_whole_set():
    ((start, final),) = rerank_all(np.ones((3, 4)), np.ones((40, 4)), k1=5)
    assert start == 0 and np.isfinite(final).all()


def test_shared_neighbors_lift_a_match_that_is_far_from_its_query():
    """The line above as a test set: the person's third image is found before the stranger."""
    points = np.array([[0], [1], [2], [3], [-2.9], [-3.05], [-3.1], [-3.2], [-3.3]], np.float32)
    pids = np.array([1, 1, 1, 1, 2, 2, 2, 2, 2])
    query = Split(("q",), pids[:1], [1])
    gallery = Split(tuple("abcdefgh"), pids[1:], [2] * 8)
    dataset = Dataset("folder", "/data", make_empty_split(), query, gallery)
    sides = points[:1], points[1:]
    before = rank_dataset(dataset, *sides)
    after = measure_reranked(Retrieval(dataset, *sides, before), k1=3, k2=1).all_pairs
    assert before.mAP == pytest.approx(100 * (1 + 1 + 3 / 4) / 3) and after.mAP == 100
