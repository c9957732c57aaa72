import numpy as np
import pytest

from tfreid.errors import InputError
from tfreid.evaluation.distances import Comparer


def make_features(count, dimensions=6, seed=0):
    generator = np.random.default_rng(seed)
    return generator.standard_normal((count, dimensions)).astype(np.float32)


def measure_plainly(query, gallery, metric):
    """Returns float64[Q, G], one pair at a time."""
    if metric == "euclidean":
        return np.array([[np.linalg.norm(q - g) for g in gallery] for q in query.astype(float)])
    query, gallery = query.astype(float), gallery.astype(float)
    return np.array(
        [[1 - q @ g / np.linalg.norm(q) / np.linalg.norm(g) for g in gallery] for q in query]
    )


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_scores_order_the_gallery_as_distances_do(metric):
    query, gallery = make_features(4), make_features(30, seed=1)
    scores = Comparer(query, gallery, np.arange(30), metric).compare(slice(0, 4))
    expected = measure_plainly(query, gallery, metric)
    np.testing.assert_array_equal(np.argsort(scores, axis=1), np.argsort(expected, axis=1))


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_columns_follow_the_given_rows(metric):
    query, gallery = make_features(3), make_features(20, seed=1)
    rows = np.array([7, 2, 19])
    comparer = Comparer(query, gallery, rows, metric)
    expected = measure_plainly(query, gallery, metric)
    np.testing.assert_allclose(comparer.measure(1, np.arange(3)), expected[1, rows], rtol=1e-6)
    scores = comparer.compare(np.array([2, 0]))
    np.testing.assert_array_equal(np.argsort(scores[0]), np.argsort(expected[2, rows]))


def test_a_distance_of_zero_is_exactly_zero():
    """Not the root of what cancellation leaves over."""
    features = 100 * make_features(5)
    comparer = Comparer(features, features, np.arange(5), "euclidean")
    assert comparer.measure(3, np.array([3]))[0] == 0


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("queries", [1, 2, 3, 9])
@pytest.mark.parametrize("gallery, dimensions", [(13, 37), (17, 100), (1001, 512), (2600, 9)])
def test_equal_gallery_rows_have_equal_scores(metric, queries, gallery, dimensions):
    """Each row stands three times or more, at random places; one copy has -0 for 0."""
    generator = np.random.default_rng(2)
    originals = make_features(gallery // 3, dimensions)
    originals[:, 5] = 0
    pick = generator.integers(0, len(originals), gallery)
    features = originals[pick]
    features[::2, 5] = -0.0
    query = make_features(queries, dimensions, seed=3)
    scores = Comparer(query, features, np.arange(gallery), metric).compare(slice(0, queries))
    picked, first = np.unique(pick, return_index=True)
    np.testing.assert_array_equal(scores, scores[:, first][:, np.searchsorted(picked, pick)])


def test_cosine_does_not_see_lengths_however_different():
    """Lengths from 1e-30 to 1e30: their squares are outside float32."""
    query, gallery = make_features(2), make_features(12, seed=1)
    lengths = 10.0 ** np.linspace(-30, 30, 12)[:, np.newaxis]
    plain = Comparer(query, gallery, np.arange(12), "cosine").compare(slice(0, 2))
    scaled = (gallery * lengths).astype(np.float32)
    result = Comparer(query, scaled, np.arange(12), "cosine").compare(slice(0, 2))
    np.testing.assert_allclose(result, plain, rtol=1e-5, atol=1e-6)


def test_features_of_zeros_only_are_compared():
    features = np.zeros((4, 3), np.float32)
    comparer = Comparer(features, features, np.arange(4), "euclidean")
    np.testing.assert_array_equal(comparer.compare(slice(0, 2)), np.zeros((2, 4)))


@pytest.mark.parametrize("side", ["query", "gallery"])
def test_cosine_refuses_a_feature_without_direction(side):
    features = {"query": make_features(5), "gallery": make_features(5)}
    features[side][3] = 0
    with pytest.raises(InputError) as error:
        Comparer(features["query"], features["gallery"], np.arange(5), "cosine")
    assert str(error.value) == (
        f"{side}_features: row 3 is all zeros, which has no direction; metric='cosine' needs other "
        "features, or use metric='euclidean'."
    )


def test_an_unknown_metric_is_refused():
    with pytest.raises(InputError) as error:
        Comparer(make_features(2), make_features(2), np.arange(2), "manhattan")
    assert str(error.value) == "metric='manhattan': allowed values are euclidean, cosine."
