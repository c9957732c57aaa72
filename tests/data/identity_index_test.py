"""IdentityIndex: what belongs to whom, and the draws the setwise sampler is made of."""

import numpy as np
import tensorflow as tf

from tfreid.data.identity_index import IdentityIndex

PIDS = [7, 3, 7, 3, 7, 5, 7]
CAMIDS = [1, 2, 2, 2, 1, 4, 3]


def _draw(function, count=200):
    seeds = np.random.default_rng(3).integers(-(2**31), 2**31, (count, 2)).astype(np.int32)
    return np.stack(
        list(tf.data.Dataset.from_tensor_slices(seeds).map(function).as_numpy_iterator())
    )


def test_matches_elsewhere_are_counted():
    index = IdentityIndex(PIDS, CAMIDS)
    np.testing.assert_array_equal(index.matches_elsewhere, [2, 0, 3, 0, 2, 0, 3])
    np.testing.assert_array_equal(index.labels, [2, 0, 2, 0, 2, 1, 2])
    assert index.num_identities == 3


def test_every_match_from_another_camera_is_drawn_and_no_other():
    index = IdentityIndex(PIDS, CAMIDS)
    for row, matches in {0: {2, 6}, 2: {0, 4, 6}, 6: {0, 2, 4}}.items():
        assert set(_draw(lambda seed, row=row: index.draw_match(row, seed))) == matches


def test_others_are_of_different_identities_and_all_images_come_up():
    index = IdentityIndex(PIDS, CAMIDS)
    drawn = _draw(lambda seed: index.draw_others(0, 2, seed))
    assert drawn.shape == (200, 2)
    assert {frozenset(row) for row in drawn.tolist()} == {frozenset({1, 5}), frozenset({3, 5})}


def test_distinct_draws_take_one_image_of_each_identity():
    index = IdentityIndex(PIDS, CAMIDS)
    rows = tf.constant([0, 1, 2, 3, 5])
    drawn = _draw(lambda seed: index.draw_distinct(rows, 3, seed))
    pids = np.asarray(PIDS)[drawn]
    assert (np.sort(pids, axis=1) == [3, 5, 7]).all()
    assert set(drawn.ravel().tolist()) == {0, 1, 2, 3, 5}
