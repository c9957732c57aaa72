"""Tests of batch-hard mining: hand-derived values and a literal twin in numpy."""

import numpy as np
import pytest
import tensorflow as tf

from tfreid.losses.batch_hard_triplet import mine_batch_hard

# On a line: identity 0 at 0 and 3, identity 1 at 4 and 10.
LINE = np.array([[0.0], [3.0], [4.0], [10.0]], np.float32)
LABELS = np.array([0, 0, 1, 1])


def test_the_hardest_positive_and_negative_by_hand():
    """Positives are 3, 3, 6, 6 away; negatives 4, 1, 1, 7."""
    found = mine_batch_hard(LINE, LABELS, LINE, LABELS)
    np.testing.assert_allclose(found.positives, [3, 3, 6, 6], rtol=1e-6)
    np.testing.assert_allclose(found.negatives, [4, 1, 1, 7], rtol=1e-6)


def test_the_soft_margin_by_hand():
    """softplus of the gaps -1, 2, 5, -1."""
    found = mine_batch_hard(LINE, LABELS, LINE, LABELS, "soft")
    expected = np.log1p(np.exp([-1.0, 2.0, 5.0, -1.0]))
    np.testing.assert_allclose(found.losses, expected, rtol=1e-5)
    assert found.active.numpy().tolist() == [1, 1, 1, 1]


def test_the_hinge_by_hand():
    """max(0, 0.5 + gap): gaps of -1 are satisfied and no longer active."""
    found = mine_batch_hard(LINE, LABELS, LINE, LABELS, 0.5)
    np.testing.assert_allclose(found.losses, [0, 2.5, 5.5, 0], rtol=1e-6)
    assert found.active.numpy().tolist() == [0, 1, 1, 0]


def mine_literally(x, labels):
    positives, negatives = [], []
    for i in range(len(x)):
        distances = [np.sqrt(((x[i] - y) ** 2).sum()) for y in x.astype(np.float64)]
        positives.append(max(d for d, label in zip(distances, labels) if label == labels[i]))
        negatives.append(min(d for d, label in zip(distances, labels) if label != labels[i]))
    return positives, negatives


def test_mining_equals_loops_over_all_pairs(rng):
    x = rng.normal(size=(14, 5)).astype(np.float32)
    labels = rng.permutation(np.repeat(np.arange(4), [5, 4, 3, 2]))
    found = mine_batch_hard(x, labels, x, labels)
    positives, negatives = mine_literally(x, labels)
    np.testing.assert_allclose(found.positives, positives, rtol=1e-4)
    np.testing.assert_allclose(found.negatives, negatives, rtol=1e-4)


def test_anchors_may_be_a_part_of_the_candidates(rng):
    x = rng.normal(size=(8, 3)).astype(np.float32)
    labels = np.array([0, 0, 1, 1, 2, 2, 3, 3])
    whole = mine_batch_hard(x, labels, x, labels)
    part = mine_batch_hard(x[4:], labels[4:], x, labels)
    np.testing.assert_allclose(part.losses, whole.losses[4:], rtol=1e-5)


def test_collapsed_embeddings_sit_at_ln_2_with_finite_gradients():
    x = tf.Variable(tf.ones([6, 4]))
    labels = np.array([0, 0, 1, 1, 2, 2])
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(mine_batch_hard(x, labels, x, labels).losses)
    assert float(loss) == pytest.approx(np.log(2), abs=1e-6)
    assert np.isfinite(tape.gradient(loss, x)).all()


def test_anchors_without_a_negative_cost_nothing_and_pull_nothing():
    x = tf.Variable([[0.0], [2.0]])
    with tf.GradientTape() as tape:
        losses = mine_batch_hard(x, np.array([5, 5]), x, np.array([5, 5])).losses
    assert losses.numpy().tolist() == [0, 0]
    assert tf.convert_to_tensor(tape.gradient(losses, x)).numpy().tolist() == [[0], [0]]


def test_large_distances_neither_overflow_in_float16_nor_in_the_soft_margin():
    """2,048 channels of 8 have the squared norm 131,072, which float16 cannot hold."""
    x = tf.constant(np.array([[8.0], [-8.0], [7.0], [-7.0]]) * np.ones(2048), tf.float16)
    found = mine_batch_hard(x, LABELS, x, LABELS)
    np.testing.assert_allclose(found.positives[0], 16 * np.sqrt(2048), rtol=1e-3)
    np.testing.assert_allclose(found.losses[0], 15 * np.sqrt(2048), rtol=1e-3)


def test_distances_far_from_zero_keep_their_digits(rng):
    """Norms of about 98, distances of about 0.09: |a|^2 + |b|^2 - 2ab would be 6 % off."""
    x = (98 / 16 + 0.004 * rng.normal(size=(12, 256))).astype(np.float32)
    labels = np.repeat(np.arange(4), 3)
    found = mine_batch_hard(x, labels, x, labels)
    positives, negatives = mine_literally(x, labels)
    np.testing.assert_allclose(found.positives, positives, rtol=1e-5)
    np.testing.assert_allclose(found.negatives, negatives, rtol=1e-5)


def test_the_gradient_is_that_of_the_mined_distances(rng):
    x = tf.Variable(rng.normal(size=(6, 3)), dtype=tf.float32)
    labels = np.array([0, 0, 1, 1, 2, 2])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(mine_batch_hard(x, labels, x, labels).losses)
    gradient = tape.gradient(loss, x)
    with tf.GradientTape() as tape:
        distances = tf.norm(x[:, tf.newaxis] - x[tf.newaxis, :] + 1e-9, axis=2)
        same = labels[:, np.newaxis] == labels
        gaps = tf.reduce_max(tf.where(same, distances, 0.0), 1) - tf.reduce_min(
            tf.where(same, np.inf, distances), 1
        )
        expected = tf.reduce_sum(tf.math.softplus(gaps))
    np.testing.assert_allclose(gradient, tape.gradient(expected, x), atol=1e-5)


def test_a_graph_gives_what_eager_gives(rng):
    x = rng.normal(size=(6, 3)).astype(np.float32)
    labels = tf.constant([0, 1, 2, 0, 1, 2])
    signature = [tf.TensorSpec([None, 3])]
    graph = tf.function(lambda y: mine_batch_hard(y, labels, y, labels).losses, signature)
    np.testing.assert_allclose(graph(x), mine_batch_hard(x, labels, x, labels).losses, rtol=1e-6)


@pytest.mark.parametrize("margin", ["hard", -0.1, None])
def test_a_wrong_margin_is_named(margin):
    with pytest.raises(ValueError, match="give 'soft' or a number >= 0"):
        mine_batch_hard(LINE, LABELS, LINE, LABELS, margin)
