"""Tests of the label-smoothed cross-entropy."""

import numpy as np
import pytest
import tensorflow as tf

from tfreid.losses.smoothed_identity import compute_identity_losses


def test_without_smoothing_it_is_the_cross_entropy_by_hand():
    """Logits (0, ln 3): the softmax is (1/4, 3/4)."""
    losses = compute_identity_losses(np.array([[0.0, np.log(3)]] * 2), np.array([0, 1]), 0.0)
    np.testing.assert_allclose(losses, [np.log(4), np.log(4 / 3)], rtol=1e-6)


def test_smoothing_spreads_its_share_over_all_identities():
    """s = 0.1, the default, and C = 2: the target of identity 1 is (0.05, 0.95)."""
    losses = compute_identity_losses(np.array([[0.0, np.log(3)]]), np.array([1]))
    assert float(losses[0]) == pytest.approx(0.05 * np.log(4) + 0.95 * np.log(4 / 3), rel=1e-6)


def test_equal_logits_cost_the_log_of_the_number_of_identities():
    losses = compute_identity_losses(np.zeros((3, 751)), np.array([0, 5, 750]))
    np.testing.assert_allclose(losses, np.log(751), rtol=1e-6)


def test_half_precision_logits_are_computed_in_float32():
    losses = compute_identity_losses(tf.constant([[60000.0, -60000.0]], tf.float16), [1], 0.0)
    assert losses.dtype == tf.float32 and float(losses[0]) == pytest.approx(119936, rel=1e-3)
