"""What OSNet learns by."""

import numpy as np
import pytest
import tensorflow as tf

from tfreid.systems.osnet.learner import OsnetLearner, make_optimizer
from tfreid.systems.osnet.network import make_osnet
from tfreid.systems.osnet.options import OsnetLearningOptions, OsnetOptions

BATCH = {
    "image": np.random.default_rng(0).normal(size=(4, 40, 24, 3)).astype(np.float32),
    "label": np.array([0, 0, 1, 1], np.int32),
}


@pytest.fixture(scope="module")
def network():
    return make_osnet(OsnetOptions(variant="x0_25"), 40, 24)


def compute(network, weight):
    learner = OsnetLearner(network, 2, OsnetLearningOptions(triplet_weight=weight))
    return learner.compute_losses(BATCH)


def test_identities_alone_are_learned_and_the_triplets_shown(network):
    losses, shown = compute(network, 0)
    assert list(losses) == ["identity_embedding"]
    assert shown["triplet_embedding"].shape == [4]


def test_triplets_have_the_share_that_they_are_given(network):
    _, shown = compute(network, 0)
    losses, _ = compute(network, 0.25)
    assert list(losses) == ["triplet_embedding", "identity_embedding"]
    np.testing.assert_allclose(
        losses["triplet_embedding"], 0.25 * shown["triplet_embedding"], rtol=1e-4
    )


def test_the_rate_falls_along_a_cosine_to_0_and_the_optimizer_is_amsgrad():
    optimizer = make_optimizer(OsnetLearningOptions(epochs=10), 3)
    variable = tf.Variable([1.0])
    optimizer.build([variable])
    for step, rate in ((0, 1.5e-3), (15, 0.75e-3), (30, 0.0)):
        optimizer.iterations.assign(step)
        optimizer.apply_gradients([(tf.zeros([1]), variable)])
        assert float(optimizer.learning_rate) == pytest.approx(rate)
    assert optimizer.amsgrad and (optimizer.beta_1, optimizer.beta_2) == (0.9, 0.99)
