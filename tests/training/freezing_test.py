"""What keeps still for the first steps, and what learns all the same."""

import types

import numpy as np
import pytest
import tensorflow as tf

from tfreid.errors import InputError
from tfreid.training.freezing import Freezing
from tfreid.training.learner import Learner

STEPS = 2
BATCH = np.random.default_rng(0).normal(3, 2, (4, 2)).astype(np.float32)


class Network(tf.keras.Model):
    """A backbone with a layer that never learns, and a head."""

    def __init__(self):
        super().__init__()
        never = tf.keras.layers.Dense(2, trainable=False)
        norm = tf.keras.layers.BatchNormalization()
        self.backbone = tf.keras.Sequential([never, tf.keras.layers.Dense(2), norm])
        self.head = tf.keras.layers.Dense(2)

    def call(self, x, training=False):
        return self.head(self.backbone(x, training=training))


class SumLearner(Learner):
    def __init__(self, network):
        super().__init__(network, ["sum"])
        self.classifier = tf.keras.layers.Dense(1)
        self.classifier.build([None, 2])

    def compute_losses(self, batch):
        return {"sum": self.classifier(self.network(batch, training=True))[:, 0]}, {}


@pytest.fixture
def learner():
    learner = SumLearner(Network())
    learner.network(BATCH)
    learner.compile(optimizer=tf.keras.optimizers.Adam(0.1))
    learner.optimizer.build(learner.trainable_variables)
    return learner


def make(learner, part):
    return Freezing(learner, types.SimpleNamespace(facts={"weights": {"part": part}}), STEPS)


def train_a_step(learner):
    """Returns the parts of which a weight has changed."""
    network = learner.network
    never, dense, norm = network.backbone.layers
    parts = {"never": never, "dense": dense, "norm": norm, "head": network.head}
    parts["classifier"] = learner.classifier
    before = {name: layer.get_weights() for name, layer in parts.items()}
    learner.fit(tf.data.Dataset.from_tensors(BATCH), verbose=0)
    return {
        name
        for name, layer in parts.items()
        if not all(map(np.array_equal, before[name], layer.get_weights()))
    }


@pytest.mark.parametrize(
    ("part", "learns"), [("backbone", {"head", "classifier"}), ("network", {"classifier"})]
)
def test_what_initial_weights_brought_keeps_still_and_learns_afterwards(learner, part, learns):
    """Batch norm's statistics keep still, too; what never learns does not begin to."""
    freezing = make(learner, part)
    freezing.apply(0)
    assert train_a_step(learner) == learns
    freezing.apply(1)
    assert train_a_step(learner) == learns
    freezing.apply(2)
    assert train_a_step(learner) == {"dense", "norm", "head", "classifier"}


def test_a_run_that_goes_on_behind_those_steps_is_not_frozen(learner):
    make(learner, "network").apply(STEPS)
    assert "dense" in train_a_step(learner)


def test_where_nothing_is_left_to_learn_that_is_refused(learner):
    learner.classifier.trainable = False
    with pytest.raises(InputError) as caught:
        make(learner, "network").apply(0)
    assert "freeze_steps=2" in str(caught.value)
