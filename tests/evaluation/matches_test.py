import numpy as np
import pytest

from tfreid.errors import InputError
from tfreid.evaluation.matches import top_matches


def make_line():
    """One query at 0 on a line, and six gallery images at 5, 1, 2, 3, 2, 4.

    That at 1 is junk, the first at 2 is of the query's identity and camera.
    """
    return {
        "query_features": [[0.0]],
        "gallery_features": [[5.0], [1.0], [2.0], [3.0], [2.0], [4.0]],
        "query_pids": [7],
        "gallery_pids": [7, -1, 7, 7, 3, 0],
        "query_camids": [1],
        "gallery_camids": [2, 2, 1, 3, 1, 1],
    }


def test_nearest_images_that_count_come_first():
    indices, distances = top_matches(**make_line(), k=3)
    np.testing.assert_array_equal(indices, [[4, 3, 5]])
    np.testing.assert_allclose(distances, [[2, 3, 4]])
    assert indices.dtype == np.int64 and distances.dtype == np.float32


def test_places_that_nothing_fills_are_minus_one_and_nan():
    indices, distances = top_matches(**make_line(), k=6)
    np.testing.assert_array_equal(indices, [[4, 3, 5, 0, -1, -1]])
    np.testing.assert_allclose(distances, [[2, 3, 4, 5, np.nan, np.nan]])


@pytest.mark.parametrize("pid", [0, -1])
def test_a_query_that_is_nobody_sees_everything_but_junk(pid):
    """The distractor at 4 shares pid 0 and the camera, which does not make it the same person."""
    indices, _ = top_matches(**{**make_line(), "query_pids": [pid]}, k=5)
    np.testing.assert_array_equal(indices, [[2, 4, 3, 5, 0]])


def test_a_gallery_of_junk_has_no_matches():
    indices, distances = top_matches(**{**make_line(), "gallery_pids": [-1] * 6}, k=2)
    np.testing.assert_array_equal(indices, [[-1, -1]])
    assert np.isnan(distances).all()


@pytest.mark.parametrize("k", [1, 4, 29])
def test_equally_near_images_come_in_the_order_of_the_gallery(k):
    features = np.full((30, 5), 0.3)
    nearer = 17
    features[nearer] = 0.2
    indices, _ = top_matches(
        np.zeros((2, 5)), features, [1, 2], np.full(30, 3), [1, 1], np.ones(30), k=k
    )
    expected = [nearer] + [i for i in range(30) if i != nearer]
    np.testing.assert_array_equal(indices, [expected[:k]] * 2)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_many_images_are_found_as_by_sorting_everything(metric, rng):
    query, gallery = rng.standard_normal((4, 6)), rng.standard_normal((50, 6))
    indices, distances = top_matches(
        query, gallery, np.ones(4), np.arange(50), np.ones(4), np.full(50, 2), k=9, metric=metric
    )
    if metric == "cosine":
        query /= np.linalg.norm(query, axis=1, keepdims=True)
        gallery /= np.linalg.norm(gallery, axis=1, keepdims=True)
        plain = 1 - query @ gallery.T
    else:
        plain = np.linalg.norm(query[:, np.newaxis] - gallery, axis=2)
    np.testing.assert_array_equal(indices, np.argsort(plain, axis=1)[:, :9])
    np.testing.assert_allclose(distances, np.sort(plain, axis=1)[:, :9], rtol=1e-5)


def test_no_image_asked_for_is_refused():
    with pytest.raises(InputError) as error:
        top_matches(**make_line(), k=0)
    assert str(error.value) == "k=0: must be at least 1."
