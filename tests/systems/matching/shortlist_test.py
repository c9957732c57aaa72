"""The shortlist and the order that it makes."""

import types

import numpy as np
import pytest

from tfreid.errors import InputError
from tfreid.systems.matching.shortlist import choose_shortlist, mark_unusable, order_gallery


def test_the_nearest_by_pooled_features_are_chosen(rng):
    query, gallery = rng.normal(size=(3, 4)), rng.normal(size=(9, 4))
    chosen, distances = choose_shortlist(query, gallery, 5)
    expected = ((query[:, np.newaxis] - gallery) ** 2).sum(axis=2)
    np.testing.assert_allclose(distances, expected, atol=1e-9)
    np.testing.assert_array_equal(
        np.sort(chosen, axis=1), np.sort(np.argsort(expected, axis=1)[:, :5], axis=1)
    )


def test_a_shortlist_longer_than_the_gallery_is_the_gallery(rng):
    chosen, _ = choose_shortlist(rng.normal(size=(2, 4)), rng.normal(size=(3, 4)), 7)
    np.testing.assert_array_equal(chosen, [[0, 1, 2]] * 2)


def test_images_that_never_count_take_no_place_and_keep_their_distance(rng):
    query, gallery = rng.normal(size=(3, 4)), rng.normal(size=(9, 4))
    distances = ((query[:, np.newaxis] - gallery) ** 2).sum(axis=2)
    order = np.argsort(distances, axis=1)
    unusable = np.zeros((3, 9), bool)
    np.put_along_axis(unusable, order[:, [0, 3]], True, axis=1)  # the nearest, and the fourth
    chosen, found = choose_shortlist(query, gallery, 4, unusable)
    np.testing.assert_array_equal(np.sort(chosen), np.sort(order[:, [1, 2, 4, 5]]))
    np.testing.assert_allclose(found, distances, atol=1e-9)


def test_where_fewer_count_than_places_the_others_fill_them(rng):
    unusable = np.array([[True, True, False, True]])
    chosen, _ = choose_shortlist(rng.normal(size=(1, 2)), rng.normal(size=(4, 2)), 3, unusable)
    assert 2 in chosen[0] and len(set(chosen[0].tolist())) == 3


def test_what_never_counts_is_the_own_identity_by_the_own_camera_or_the_whole_camera():
    """Nobody, pid 0, is not the same person as another nobody."""
    query = types.SimpleNamespace(pids=np.array([9, 5, 0]), camids=np.array([9, 1, 1]))
    gallery = types.SimpleNamespace(pids=np.array([5, 5, 6, 0]), camids=np.array([1, 2, 1, 1]))
    np.testing.assert_array_equal(
        mark_unusable(query, gallery, slice(1, 3)), [[True, False, False, False], [False] * 4]
    )
    np.testing.assert_array_equal(
        mark_unusable(query, gallery, [2], whole_camera=True), [[True, False, True, True]]
    )


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_has_no_rank(value):
    chosen, scores, distances = np.array([0, 1]), np.array([1.0, 2.0]), np.array([1.0, 2.0, 3.0])
    bad = np.array([value, 2.0])
    with pytest.raises(InputError, match="a distance or score is not finite"):
        order_gallery(chosen, bad, distances)
    with pytest.raises(InputError, match="a distance or score is not finite"):
        order_gallery(chosen, scores, np.append(bad, 3.0))
    with pytest.raises(InputError, match="a distance or score is not finite"):
        choose_shortlist(np.array([[value]]), np.zeros((3, 1)), 2)


def test_matched_images_come_first_by_score_and_the_others_by_distance():
    """Rows 4, 0 and 2 are matched; 0 and 2 have one score, 1 and 5 one distance."""
    ranks = order_gallery(
        np.array([4, 0, 2]), np.array([9.0, 3.0, 3.0]), np.array([0.0, 7.0, 0.0, 6.0, 0.0, 7.0])
    )
    np.testing.assert_array_equal(ranks, [1, 4, 1, 3, 0, 4])
