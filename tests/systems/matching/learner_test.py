"""Tests of KVM-MN's training step: its sets, its losses, its replicas."""

import contextlib

import numpy as np
import pytest
import tensorflow as tf

from tests.eager import run_functions_eagerly
from tfreid.data.pipeline import IMAGE, LABEL
from tfreid.losses.setwise import compute_pairwise_losses, compute_setwise_losses
from tfreid.systems.kvm_mn.network import make_kvm_mn
from tfreid.systems.kvm_mn.options import KvmMnOptions
from tfreid.systems.matching.learner import SetwiseLearner
from tfreid.systems.matching.options import SetwiseLearningOptions

HEIGHT, WIDTH = 32, 16
MODEL = KvmMnOptions(
    final_endpoint="Mixed_3b",
    feature_dim=8,
    num_heads=2,
    key_dim=4,
    value_dim=4,
    batch_norm_decay=0.9,
    sync_matching_norm=True,
)


def make_learner(model=MODEL, **learning):
    tf.keras.utils.set_random_seed(1)
    options = SetwiseLearningOptions(set_size=3, **learning)
    learner = SetwiseLearner(make_kvm_mn(model, HEIGHT, WIDTH), options)
    learner.compile(optimizer=tf.keras.optimizers.SGD(0.05, momentum=0.9))
    learner.optimizer.build(learner.trainable_variables)  # or the graph is made twice
    return learner


def make_batch(identities, seed=0):
    """Returns images of these identities: each of its own color, with noise."""
    rng = np.random.default_rng(seed)
    identities = np.asarray(identities, np.int32)
    colors = np.random.default_rng(9).uniform(-1, 1, (50, 1, 1, 3))
    images = colors[identities] + 0.2 * rng.normal(size=(len(identities), HEIGHT, WIDTH, 3))
    return {IMAGE: tf.constant(images, tf.float32), LABEL: tf.constant(identities)}


SETS = [4, 4, 7, 9, 5, 1, 8, 5]  # the match of the second probe comes last
MUTUAL = [4, 7, 9, 4, 7, 9, 1, 5, 8, 1, 5, 8]


@pytest.mark.parametrize(
    ("objective", "compute"),
    [("setwise", compute_setwise_losses), ("pairwise", compute_pairwise_losses)],
)
def test_a_set_is_a_probe_and_its_gallery_wherever_the_match_stands(objective, compute):
    learner = make_learner(objective=objective)
    batch = make_batch(SETS)
    sets = tf.reshape(batch[IMAGE], [2, 4, HEIGHT, WIDTH, 3])
    expected = compute(learner.network(sets, training=True), [0, 2])
    losses, shown = learner.compute_losses(batch)
    np.testing.assert_allclose(losses[objective], expected, rtol=1e-5)
    assert set(shown) == {"set_accuracy", "positive_score", "hardest_negative_score"}


def test_an_untrained_setwise_loss_is_the_logarithm_of_the_set_size():
    losses, _ = make_learner().compute_losses(make_batch(SETS))
    np.testing.assert_allclose(losses["setwise"], np.log(3), rtol=0.05)


def test_mutual_sets_score_every_probe_against_every_match_both_ways():
    """One set at a time, each direction by itself as plain sets of inference."""
    learner = make_learner(mutual_sets=True)
    network, batch = learner.network, make_batch(MUTUAL)
    network.match_in_training = network.match

    def match_at_inference(probes, galleries, training):
        return network.match_in_training(probes, galleries, training=False)

    network.match = match_at_inference
    memorize = network.memorize
    network.memorize = lambda images, training: memorize(images, training=False)
    scores, is_match = learner._score_mutual_sets(batch[IMAGE], batch[LABEL])
    assert scores.shape == (12, 3)
    expected = []
    images = batch[IMAGE].numpy().reshape(2, 2, 3, HEIGHT, WIDTH, 3)
    for probes, gallery in ((0, 1), (1, 0)):
        for one in images:
            sets = [np.concatenate([probe[np.newaxis], one[gallery]]) for probe in one[probes]]
            del network.memorize, network.match
            expected.append(network(np.stack(sets)))
            network.match = match_at_inference
            network.memorize = lambda images, training: memorize(images, training=False)
    np.testing.assert_allclose(scores, tf.concat(expected, 0), atol=1e-5)
    np.testing.assert_array_equal(is_match, np.tile(np.eye(3, dtype=bool), (4, 1)))


def test_each_side_of_a_mutual_set_finds_its_matches_in_whatever_order_they_stand():
    learner = make_learner(mutual_sets=True)
    batch = make_batch([4, 7, 9, 9, 4, 7])
    _, is_match = learner._score_mutual_sets(batch[IMAGE], batch[LABEL])
    there = np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]], bool)
    np.testing.assert_array_equal(is_match, np.concatenate([there, there.T]))


def test_what_is_shown_tells_matches_from_the_best_others(monkeypatch):
    learner = make_learner()
    scores = tf.constant([[2.0, 1.0, 0.0], [1.0, 1.0, -3.0]])
    is_match = tf.constant([[True, False, False], [False, True, False]])
    monkeypatch.setattr(learner, "_score", lambda *_: (scores, is_match))
    _, shown = learner.compute_losses(make_batch(SETS))
    np.testing.assert_array_equal(shown["set_accuracy"], [100, 0])  # a tie is no success
    np.testing.assert_array_equal(shown["positive_score"], [2, 1])
    np.testing.assert_array_equal(shown["hardest_negative_score"], [1, 1])


@pytest.mark.parametrize("mutual", [False, True])
def test_learning_tells_two_colors_apart(mutual):
    learner = make_learner(mutual_sets=mutual, weight_decay=0.0)
    batches = [make_batch(MUTUAL if mutual else SETS, seed) for seed in range(30)]
    dataset = tf.data.Dataset.from_generator(
        lambda: iter(batches),
        output_signature=tf.nest.map_structure(
            lambda x: tf.TensorSpec(x.shape, x.dtype), batches[0]
        ),
    )
    learner.fit(dataset, epochs=1, steps_per_epoch=30, verbose=0)
    losses, _ = learner.compute_losses(make_batch(MUTUAL if mutual else SETS, 99))
    assert float(tf.reduce_mean(losses["setwise"])) < 0.5 * np.log(3)


def list_kernels(network):
    """Returns the names of all kernels: of the backbone's convolutions, and of Eq. 2 to 6."""
    slim = network.backbone.slim_names()
    backbone = [variable for name, variable in slim.items() if name.endswith("/weights")]
    memory, score = network.memory, network.score
    dense = [network.features, memory.key, memory.value, network.co_attention.fusion]
    dense += [network.comparison, score]
    assert len(backbone) == 3 + 6  # the stem's, and Mixed_3b's
    return {v.name for v in [*backbone, *(layer.kernel for layer in dense), score.score_kernel]}


def test_weight_decay_concerns_every_kernel_and_nothing_else():
    learner = make_learner()
    decayed = {v.name for v in learner.trainable_variables if learner.is_decayed(v)}
    assert decayed == list_kernels(learner.network)
    assert len(learner.trainable_variables) == len(decayed) + 9 + 2 * 6 + 1  # betas, gammas, a bias


@pytest.mark.parametrize("objective", ["setwise", "pairwise"])
def test_a_step_descends_the_mean_loss_of_its_sets_and_half_the_decay_of_squared_kernels(objective):
    """Eq. 7 and 8 (or a logit a pair) written out, on a twin of the network."""
    rate, decay, matches = 0.05, 0.3, tf.constant([[1.0, 0, 0], [0, 0, 1.0]])
    twin, learner = (
        make_learner(objective=objective, weight_decay=decay, learning_rate=rate) for _ in range(2)
    )
    learner.compile(optimizer=tf.keras.optimizers.SGD(rate))
    batch, kernels = make_batch(SETS), list_kernels(twin.network)
    with tf.GradientTape() as tape:
        scores = twin.network(tf.reshape(batch[IMAGE], [2, 4, HEIGHT, WIDTH, 3]), training=True)
        if objective == "setwise":
            shares = tf.exp(scores) / tf.reduce_sum(tf.exp(scores), axis=1, keepdims=True)
            losses = -tf.math.log(tf.reduce_sum(matches * shares, axis=1))
        else:
            same = 1 / (1 + tf.exp(-scores))
            costs = -matches * tf.math.log(same) - (1 - matches) * tf.math.log(1 - same) / 2
            losses = tf.reduce_sum(costs, axis=1) / 2
        weights = twin.network.trainable_variables
        squares = [tf.reduce_sum(v**2) for v in weights if v.name in kernels]
        total = (losses[0] + losses[1]) / 2 + decay / 2 * tf.add_n(squares)
    gradients = tape.gradient(total, weights)
    starts = [weight.numpy() for weight in weights]
    learner.train_step(batch)
    for start, gradient, weight in zip(starts, gradients, learner.network.trainable_variables):
        moved, expected = weight.numpy() - start, -rate * gradient.numpy()
        scale = np.abs(expected).max()
        assert scale > 0, weight.name
        np.testing.assert_allclose(moved, expected, rtol=0, atol=2e-3 * scale + 1e-7)


@pytest.mark.parametrize("mutual", [False, True])
def test_replicas_end_in_the_weights_of_one_device(make_replicas, mutual):
    """Matching's batch norm is synchronized; the backbone's statistics would differ per replica,
    so its moving averages are left out and images of both replicas are the same."""
    identities = (MUTUAL[:6] if mutual else SETS[:4]) * 2

    def train(strategy):
        with strategy.scope():
            learner = make_learner(mutual_sets=mutual)
            learner.compile(optimizer=tf.keras.optimizers.SGD(0.01, momentum=0.9))
            learner.optimizer.build(learner.trainable_variables)
        before.append([weight.numpy() for weight in learner.network.trainable_weights])
        batch = make_batch(identities)
        half = len(identities) // 2
        batch[IMAGE] = tf.concat([batch[IMAGE][:half]] * 2, axis=0)

        def make(context):
            share = len(identities) // context.num_replicas_in_sync
            return tf.data.Dataset.from_tensor_slices(batch).batch(share).repeat(2)

        dataset = strategy.distribute_datasets_from_function(make)
        learner.fit(dataset, epochs=1, steps_per_epoch=2, verbose=0)
        return [weight.numpy() for weight in learner.network.trainable_weights]

    before = []
    with run_functions_eagerly():  # nor does it matter whether there is a graph
        one = train(tf.distribute.get_strategy())
    with run_functions_eagerly() if mutual else contextlib.nullcontext():
        two = train(make_replicas(2))
    for start, alone, shared in zip(before[0], one, two):
        moved = np.abs(alone - start).max()
        np.testing.assert_allclose(shared, alone, rtol=0, atol=2e-3 * moved + 1e-8)
