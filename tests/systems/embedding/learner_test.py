"""Tests of SONA-Net's training step: its losses, its weight decay, and its replicas."""

import numpy as np
import pytest
import tensorflow as tf

from tfreid.data.batches import IMAGE, LABEL
from tfreid.layers.batch_norm import make_batch_norm
from tfreid.layers.second_order_attention import SecondOrderNonLocalAttention
from tfreid.losses.batch_hard_triplet import mine_batch_hard
from tfreid.losses.smoothed_identity import compute_identity_losses
from tfreid.systems.embedding.learner import IdentityLearner
from tfreid.systems.embedding.options import IdentityLearningOptions
from tfreid.systems.sona_net.branches import GlobalBranch, LocalBranch
from tfreid.systems.sona_net.drops import DROPS
from tfreid.systems.sona_net.network import make_sona_net
from tfreid.systems.sona_net.options import SonaNetOptions

IDENTITIES = 6
MODEL = {"global_dim": 8, "local_dim": 12, "drop_height": 2, "drop_width": 3}


class SmallNetwork(tf.keras.Model):
    """All that SONA-Net has, with one convolution for a backbone."""

    def __init__(self, options):
        super().__init__()
        synchronized = options.sync_batch_norm
        drop = DROPS[options.drop].make(options, 0)
        self.embedding_dims = {"global": options.global_dim, "local": options.local_dim}
        self.backbone = [
            tf.keras.layers.Conv2D(8, 7, strides=4),
            make_batch_norm("norm", synchronized),
            tf.keras.layers.ReLU(),
        ]
        self.attention = SecondOrderNonLocalAttention(
            identity_start=False, synchronized=synchronized
        )
        self.branches = {
            "global": GlobalBranch(options.global_dim, None, synchronized),
            "local": LocalBranch(options.local_dim, drop, None, synchronized),
        }

    def call(self, images, training=False):
        for layer in self.backbone:
            images = layer(images, training=training)
        features = self.attention(images, training=training)
        return {name: branch(features, training=training) for name, branch in self.branches.items()}


def make_batch(seed=0):
    rng = np.random.default_rng(seed)
    labels = np.repeat([4, 0, 3, 1], 2).astype(np.int32)
    images = rng.normal(size=(8, 32, 24, 3)) + rng.normal(size=(6, 1, 1, 3))[labels]
    return {IMAGE: images.astype(np.float32), LABEL: labels}


def make_learner(optimizer=None, learning=None, **model):
    tf.keras.utils.set_random_seed(1)
    network = SmallNetwork(SonaNetOptions(**{**MODEL, **model}))
    network(tf.zeros([1, 32, 24, 3]))
    learner = IdentityLearner(network, IDENTITIES, learning or IdentityLearningOptions())
    learner.compile(optimizer=optimizer or tf.keras.optimizers.SGD(0.1))
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


@pytest.mark.parametrize(
    "drop, counts", [("dropblock_plus", (2, 4)), ("batch_feature_erasing", (2,))]
)
def test_replicas_train_as_one_device_does(make_replicas, drop, counts):
    """With synchronized batch norm nothing depends on the replicas but the order of sums."""
    one = train_steps(make_learner(drop=drop, sync_batch_norm=True))
    for count in counts:
        with make_replicas(count).scope():
            several = train_steps(make_learner(drop=drop, sync_batch_norm=True))
        for left, right in zip(one, several):
            np.testing.assert_allclose(left, right, rtol=2e-3, atol=2e-4)


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
    train_steps(learner, steps=3)
    assert int(learner.first_bad_step) in (1, 2)
    assert int(learner.step) == 3


def test_a_loss_scale_changes_neither_the_step_nor_the_decay():
    def make(optimizer):
        return make_learner(optimizer, IdentityLearningOptions(weight_decay=0.1))

    plain = train_steps(make(tf.keras.optimizers.SGD(0.1)), steps=1)
    scaled = tf.keras.mixed_precision.LossScaleOptimizer(
        tf.keras.optimizers.SGD(0.1), dynamic=False, initial_scale=1024
    )
    for left, right in zip(plain, train_steps(make(scaled), steps=1)):
        np.testing.assert_allclose(left, right, rtol=1e-3, atol=1e-5)


def test_the_whole_network_on_two_replicas_learns_as_on_one(make_replicas):
    """With shared statistics; differences are counted in how far training moved each weight."""
    options = SonaNetOptions(**MODEL, width_multiplier=0.0625, sync_batch_norm=True)

    def train(strategy):
        with strategy.scope():
            tf.keras.utils.set_random_seed(1)
            network = make_sona_net(options, 32, 24, seed=0)
            learner = IdentityLearner(network, IDENTITIES, IdentityLearningOptions())
            learner.compile(optimizer=tf.keras.optimizers.SGD(0.01))
            learner.optimizer.build(learner.trainable_variables)
            before = [weight.numpy() for weight in network.trainable_weights]
            train_steps(learner, steps=1)
        return before, [weight.numpy() for weight in network.trainable_weights], learner

    before, one, alone = train(tf.distribute.get_strategy())
    _, several, shared = train(make_replicas(2))
    losses, others = alone.pop_averages(), shared.pop_averages()
    for name, value in losses.items():
        assert others[name] == pytest.approx(value, rel=1e-3), name
    for start, left, right in zip(before, one, several):
        moved = np.abs(left - start).max()
        np.testing.assert_allclose(right, left, rtol=0, atol=0.02 * moved + 1e-7)
