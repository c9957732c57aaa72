"""The shortlist and the order that it makes."""

import numpy as np

from tfreid.evaluation.shortlist import choose_shortlist, order_gallery


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


def test_matched_images_come_first_by_score_and_the_others_by_distance():
    """Rows 4, 0 and 2 are matched; 0 and 2 have one score, 1 and 5 one distance."""
    ranks = order_gallery(
        np.array([4, 0, 2]), np.array([9.0, 3.0, 3.0]), np.array([0.0, 7.0, 0.0, 6.0, 0.0, 7.0])
    )
    np.testing.assert_array_equal(ranks, [1, 4, 1, 3, 0, 4])
