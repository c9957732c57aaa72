"""Tests of the setwise loss against equations 7 and 8 of the KVM-MN paper, written literally."""

import math

import numpy as np
import pytest
import tensorflow as tf

from tfreid.losses.setwise import compute_pairwise_losses, compute_setwise_losses

LOSSES = [compute_setwise_losses, compute_pairwise_losses]


def compute_loss(scores, p):
    """Eq. 7, a sum of one-hot labels weighted by softmax, then Eq. 8, for one set."""
    size = len(scores)
    exponentials = [math.exp(score) for score in scores]
    predicted = np.zeros(size)
    for i in range(size):
        one_hot = np.array([float(j == i) for j in range(size)])
        predicted += exponentials[i] / sum(exponentials) * one_hot
    truth = [float(j == p) for j in range(size)]
    return -sum(truth[i] * math.log(predicted[i]) for i in range(size))


def test_the_setwise_loss_is_the_papers_equations_7_and_8(rng):
    scores, labels = rng.normal(size=(4, 6)).astype(np.float32), np.array([0, 5, 2, 2])
    expected = [compute_loss(row, label) for row, label in zip(scores, labels)]
    np.testing.assert_allclose(compute_setwise_losses(scores, labels), expected, rtol=1e-5)


@pytest.mark.parametrize("size", [2, 15])
def test_equal_scores_cost_the_logarithm_of_the_sets_size(size):
    losses = compute_setwise_losses(tf.fill([3, size], 7.0), [0, 1, size - 1])
    np.testing.assert_allclose(losses, [math.log(size)] * 3, rtol=1e-6)


def test_only_differences_of_a_sets_scores_count(rng):
    """Softmax ignores what is added to all of a set's scores; the other loss does not."""
    scores, labels = rng.normal(size=(4, 6)).astype(np.float32), np.array([0, 5, 2, 2])
    setwise = [compute_setwise_losses(scores + add, labels) for add in (0, 3)]
    np.testing.assert_allclose(*setwise, rtol=1e-4)
    pairwise = [compute_pairwise_losses(scores + add, labels) for add in (0, 3)]
    assert np.abs(pairwise[0] - pairwise[1]).min() > 0.1


def test_pairs_are_classified_alone_with_both_classes_weighing_the_same():
    """Scores ln 3, 0, 0: p(same) is 3/4, 1/2, 1/2. Loss: (ln 4/3 + (ln 2 + ln 2) / 2) / 2."""
    losses = compute_pairwise_losses([[0.0, math.log(3), 0.0]], [1])
    np.testing.assert_allclose(losses, [(math.log(4 / 3) + math.log(2)) / 2], rtol=1e-6)


@pytest.mark.parametrize("size", [2, 15])
def test_pairs_of_score_zero_cost_the_logarithm_of_two(size):
    losses = compute_pairwise_losses(tf.zeros([3, size]), [0, 1, size - 1])
    np.testing.assert_allclose(losses, [math.log(2)] * 3, rtol=1e-6)


@pytest.mark.parametrize("compute", LOSSES)
def test_a_perfect_set_costs_nothing_and_a_wrong_one_stays_finite(compute):
    scores = tf.constant([[-500.0, 500.0, -500.0], [500.0, -500.0, -500.0]])
    right, wrong = compute(scores, [1, 1]).numpy()
    assert right == 0.0 and 300 < wrong <= 1000


@pytest.mark.parametrize("compute", LOSSES)
@pytest.mark.parametrize("dtype", [tf.float16, tf.bfloat16])
def test_low_precision_scores_are_computed_in_float32(compute, dtype):
    scores = tf.constant([[0.0, 4.0, 0.5]], dtype)
    losses = compute(scores, tf.constant([1], tf.int64))
    assert losses.dtype == tf.float32
    np.testing.assert_allclose(losses, compute(tf.cast(scores, tf.float32), [1]), rtol=1e-6)


@pytest.mark.parametrize("compute", LOSSES)
def test_a_graph_of_unknown_sizes_computes_the_same(rng, compute):
    spec = [tf.TensorSpec([None, None]), tf.TensorSpec([None], tf.int32)]
    graph = tf.function(compute, input_signature=spec)
    scores, labels = rng.normal(size=(2, 5)).astype(np.float32), np.array([4, 1], np.int32)
    np.testing.assert_allclose(graph(scores, labels), compute(scores, labels), rtol=1e-6)
