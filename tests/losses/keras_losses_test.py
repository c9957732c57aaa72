"""The losses as Keras losses: the mean of the functions, in `compile` and after a round trip."""

import numpy as np
import pytest
import tensorflow as tf

from tfreid import losses
from tfreid.losses import BatchHardTripletLoss, SmoothedIdentityLoss

X = np.array([[0.0, 1], [3, 0], [4, 4], [10, -2]], np.float32)
LABELS = np.array([0, 0, 1, 1])
CASES = {
    "BatchHardTripletLoss": (
        {"margin": 0.5},
        losses.mine_batch_hard(X, LABELS, X, LABELS, 0.5).losses,
    ),
    "SmoothedIdentityLoss": (
        {"label_smoothing": 0.3},
        losses.compute_identity_losses(X, LABELS, 0.3),
    ),
    "SetwiseLoss": ({}, losses.compute_setwise_losses(X, LABELS)),
    "PairwiseLoss": ({}, losses.compute_pairwise_losses(X, LABELS)),
}


@pytest.mark.parametrize("name", CASES)
def test_a_loss_is_the_mean_of_its_function_and_survives_its_config(name):
    arguments, expected = CASES[name]
    loss = getattr(losses, name)(**arguments)
    again = tf.keras.losses.deserialize(tf.keras.losses.serialize(loss))
    assert type(again) is type(loss) and again.get_config() == loss.get_config()
    for one in (loss, again):
        np.testing.assert_allclose(one(LABELS, X), np.mean(expected), rtol=1e-6)


@pytest.mark.parametrize("name", CASES)
def test_every_loss_class_learns_in_fit(name):
    model = tf.keras.Sequential([tf.keras.layers.Dense(2)])
    model.compile("sgd", getattr(losses, name)())
    history = model.fit(X / 10, LABELS, epochs=2, verbose=0).history["loss"]
    assert history[1] < history[0]


def test_arguments_that_are_out_of_range_are_refused_at_once():
    with pytest.raises(ValueError, match="margin"):
        BatchHardTripletLoss(margin=-1)
    with pytest.raises(ValueError, match="label_smoothing"):
        SmoothedIdentityLoss(label_smoothing=1)


def test_every_loss_class_is_among_the_cases():
    classes = {
        name
        for name in losses.__all__
        if isinstance(getattr(losses, name), type)
        and issubclass(getattr(losses, name), tf.keras.losses.Loss)
    }
    assert classes == set(CASES)
