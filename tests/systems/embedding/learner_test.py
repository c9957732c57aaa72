"""Tests of SONA-Net's training step: its losses, its weight decay, and its replicas."""

import numpy as np
import pytest
import tensorflow as tf

from tests.eager import run_functions_eagerly
from tests.small_network import SmallNetwork, SmallOptions
from tfreid.data.pipeline import IMAGE, LABEL
from tfreid.losses.batch_hard_triplet import mine_batch_hard
from tfreid.losses.smoothed_identity import compute_identity_losses
from tfreid.systems.embedding.learner import IdentityLearner
from tfreid.systems.embedding.options import IdentityLearningOptions

IDENTITIES = 6
MODEL = {"global_dim": 8, "local_dim": 12, "drop_height": 2, "drop_width": 3}


def make_batch(seed=0):
    rng = np.random.default_rng(seed)
    labels = np.repeat([4, 0, 3, 1], 2).astype(np.int32)
    images = rng.normal(size=(8, 32, 24, 3)) + rng.normal(size=(6, 1, 1, 3))[labels]
    return {IMAGE: images.astype(np.float32), LABEL: labels}


def make_learner(optimizer=None, learning=None, **model):
    tf.keras.utils.set_random_seed(1)
    network = SmallNetwork(SmallOptions(**{**MODEL, **model}))
    network(tf.zeros([1, 32, 24, 3]))
    learner = IdentityLearner(network, IDENTITIES, learning or IdentityLearningOptions())
    learner.compile(optimizer=optimizer or tf.keras.optimizers.SGD(0.1))
    # As a run does. Variables made in the first step would have its graph made twice, too.
    learner.optimizer.build(learner.trainable_variables)
    return learner


def train_steps(learner, steps=2):
    """Fits on a share of the global batch per replica; returns the weights."""

    def make(context):
        share = 8 // context.num_replicas_in_sync
        batches = [make_batch(step) for step in range(steps)]
        columns = {key: np.concatenate([b[key] for b in batches]) for key in batches[0]}
        return tf.data.Dataset.from_tensor_slices(columns).batch(share)

    dataset = tf.distribute.get_strategy().distribute_datasets_from_function(make)
    learner.fit(dataset, epochs=1, steps_per_epoch=steps, verbose=0)
    return [weight.numpy() for weight in learner.network.weights]


def test_the_losses_are_those_of_the_branches_embeddings():
    learner = make_learner(drop="none")
    batch = make_batch()
    outputs = learner.network(batch[IMAGE], training=True)
    losses, shown = learner.compute_losses(batch)
    for branch in ("global", "local"):
        embedding, labels = outputs[branch], batch[LABEL]
        triplets = mine_batch_hard(embedding, labels, embedding, labels)
        logits = learner.classifiers[branch](embedding)
        np.testing.assert_allclose(losses[f"triplet_{branch}"], triplets.losses, rtol=1e-4)
        np.testing.assert_allclose(
            losses[f"identity_{branch}"], compute_identity_losses(logits, labels), rtol=1e-4
        )
        np.testing.assert_allclose(
            shown[f"hardest_positive_{branch}"], triplets.positives, rtol=1e-4
        )


@pytest.mark.usefixtures("functions_run_eagerly")
def test_a_step_moves_against_the_gradient_plus_the_decayed_weight():
    """SGD with rate 0.1: w - 0.1 (dL/dw + 0.5 w), with dL/dw taken here."""
    learner = make_learner(learning=IdentityLearningOptions(weight_decay=0.5), drop="none")
    batch = make_batch()
    copy = make_learner(learning=IdentityLearningOptions(weight_decay=0.5), drop="none")
    with tf.GradientTape() as tape:
        losses, _ = copy.compute_losses(batch)
        loss = tf.add_n([tf.reduce_mean(values) for values in losses.values()])
    gradients = tape.gradient(loss, copy.trainable_variables)
    train_steps(learner, steps=1)
    for after, before, gradient in zip(
        learner.trainable_variables, copy.trainable_variables, gradients
    ):
        expected = before - 0.1 * (gradient + 0.5 * before)
        np.testing.assert_allclose(after, expected, rtol=2e-3, atol=2e-4)


def test_replicas_train_as_one_device_does(make_replicas):
    """With synchronized batch norm nothing depends on the replicas but the order of sums.

    Nor on the graph: the one device has none.

    More than two, and the other drop, are tried with the layers.
    """
    with run_functions_eagerly():
        one = train_steps(make_learner(sync_batch_norm=True))
    with make_replicas(2).scope():
        two = train_steps(make_learner(sync_batch_norm=True))
    for left, right in zip(one, two):
        np.testing.assert_allclose(left, right, rtol=2e-3, atol=2e-4)


@pytest.mark.usefixtures("functions_run_eagerly")
def test_a_drop_mask_does_change_the_training():
    """So the test above would see replicas that drop something else."""
    dropped = train_steps(make_learner())
    whole = train_steps(make_learner(drop="none"))
    assert any(
        left.shape == right.shape and np.abs(left - right).max() > 1e-2
        for left, right in zip(dropped[1:], whole)
    )


def test_averages_are_those_since_they_were_last_asked_for():
    learner = make_learner()
    train_steps(learner, steps=2)
    averages = learner.pop_averages()
    assert averages["loss"] == pytest.approx(
        sum(
            averages[f"{loss}_{b}"] for loss in ("triplet", "identity") for b in ("global", "local")
        )
    )
    assert 0 <= averages["active_triplets_global"] <= 100
    assert learner.pop_averages()["loss"] == 0


def test_the_first_non_finite_loss_is_remembered():
    learner = make_learner(tf.keras.optimizers.SGD(1e30))
    train_steps(learner, steps=4)
    assert int(learner.first_bad_step) in (1, 2)
    assert int(learner.step) == 4


@pytest.mark.usefixtures("functions_run_eagerly")
def test_a_loss_scale_changes_neither_the_step_nor_the_decay():
    def make(optimizer):
        return make_learner(optimizer, IdentityLearningOptions(weight_decay=0.1))

    plain = train_steps(make(tf.keras.optimizers.SGD(0.1)), steps=1)
    scaled = tf.keras.mixed_precision.LossScaleOptimizer(
        tf.keras.optimizers.SGD(0.1), dynamic=False, initial_scale=1024
    )
    for left, right in zip(plain, train_steps(make(scaled), steps=1)):
        np.testing.assert_allclose(left, right, rtol=1e-3, atol=1e-5)
