"""The nearest images of other identities, against a search by sorting."""

import numpy as np

from tfreid.data.neighbors import find_neighbors


def _sort_others(features, pids, row):
    distances = np.linalg.norm(features - features[row], axis=1)
    order = np.argsort(distances, kind="stable")
    return order[pids[order] != pids[row]]


def test_neighbors_are_the_nearest_images_of_other_identities_in_order(rng):
    features = rng.normal(size=(60, 5)).astype(np.float32)
    pids = rng.integers(0, 12, 60)
    table = find_neighbors(features, pids, 7, num_identities=1)
    assert table.shape == (60, 7) and table.dtype == np.int32
    for row in range(60):
        np.testing.assert_array_equal(table[row], _sort_others(features, pids, row)[:7])


def test_more_rows_than_a_block_change_nothing(rng, monkeypatch):
    features = rng.normal(size=(60, 5)).astype(np.float32)
    pids = rng.integers(0, 12, 60)
    whole = find_neighbors(features, pids, 7, num_identities=3)
    monkeypatch.setattr("tfreid.data.neighbors._BLOCK", 13)
    np.testing.assert_array_equal(find_neighbors(features, pids, 7, num_identities=3), whole)


def test_farther_identities_replace_repeated_ones_where_too_few_are_near():
    """On a line: 0 is near four images of identity 1, then come 2 and 3."""
    features = np.array([[0], [1], [2], [3], [4], [9], [8], [20]], np.float32)
    pids = np.array([0, 1, 1, 1, 1, 2, 2, 3])
    table = find_neighbors(features, pids, 4, num_identities=3)
    np.testing.assert_array_equal(table[0], [1, 2, 6, 7])
    np.testing.assert_array_equal(find_neighbors(features, pids, 4, 1)[0], [1, 2, 3, 4])


def test_a_small_data_set_gives_as_many_as_every_image_has():
    """The largest identity has 3 of 5 images: it finds 2, and so do the others."""
    features = np.array([[0], [1], [2], [3.5], [4]], np.float32)
    table = find_neighbors(features, np.array([4, 4, 4, 7, 8]), 100, num_identities=2)
    np.testing.assert_array_equal(table, [[3, 4], [3, 4], [3, 4], [4, 2], [3, 2]])
