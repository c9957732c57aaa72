"""The baseline's network: what is compared, what is classified, what is frozen."""

import numpy as np
import pytest
import tensorflow as tf

from tfreid.errors import InputError
from tfreid.systems.baseline.learner import BaselineLearner
from tfreid.systems.baseline.network import BRANCH, make_baseline
from tfreid.systems.baseline.options import BaselineLearningOptions, BaselineOptions
from tfreid.systems.baseline.system import BASELINE

HEIGHT, WIDTH, DIM = 64, 32, 16


@pytest.fixture(scope="module")
def network():
    options = BaselineOptions(backbone="efficientnet_lite0", embedding_dim=DIM, frozen_levels=2)
    return make_baseline(options, HEIGHT, WIDTH)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).uniform(-1, 1, (4, HEIGHT, WIDTH, 3)).astype(np.float32)


def test_the_neck_normalizes_each_number_over_the_batch(network, images):
    """Without a shift, and at first without a scale: mean 0 and deviation 1."""
    before, after = network(images, training=True)[BRANCH]
    mean, deviation = np.mean(before, axis=0), np.std(before, axis=0)
    np.testing.assert_allclose(after, (before - mean) / np.sqrt(deviation**2 + 1e-5), atol=1e-3)
    assert [variable.shape for variable in network.neck.trainable_variables] == [[DIM]]


def test_the_backbone_gets_pixels_as_its_weights_expect_them(network, images):
    """Of EfficientNet-Lite: (x - 127) / 128 of pixels in [0, 255], which come as [-1, 1]."""
    pixels = (images + 1) * 127.5
    maps = network.backbone((pixels - 127) / 128, training=False)
    expected = network.dense(tf.reduce_mean(maps, axis=[1, 2]))
    np.testing.assert_allclose(network(images)[BRANCH][0], expected, rtol=1e-3, atol=1e-4)


def test_embeddings_are_what_is_after_the_neck_with_length_one(network, images):
    after = network(images, training=False)[BRANCH][1].numpy()
    expected = after / np.linalg.norm(after, axis=1, keepdims=True)
    np.testing.assert_allclose(network.embed(images), expected, atol=1e-5)


def test_frozen_layers_keep_weights_and_statistics(network, images):
    """Two halvings: up to block 2b. All from block 3a on learns."""
    frozen = [layer for layer in network.backbone.layers if not layer.trainable]
    assert frozen[-1].name == "block2b_add"
    before = [weight.numpy() for layer in frozen for weight in layer.weights]
    moving = network.backbone.get_layer("block3a_bn").moving_mean.numpy()
    network(images, training=True)
    for old, new in zip(before, (w for layer in frozen for w in layer.weights)):
        np.testing.assert_array_equal(old, new)
    assert (network.backbone.get_layer("block3a_bn").moving_mean != moving).numpy().any()
    assert not any(
        w is v for layer in frozen for w in layer.weights for v in network.trainable_variables
    )


def test_a_level_that_the_backbone_has_not_is_refused():
    options = BaselineOptions(backbone="efficientnet_lite0", frozen_levels=4)
    with pytest.raises(InputError):
        make_baseline(options, HEIGHT, WIDTH)


def test_triplets_compare_what_is_before_the_neck_and_the_classifier_has_no_bias(network, images):
    """With logits of 0, smoothed cross-entropy over 3 identities is ln 3."""
    learner = BaselineLearner(network, 3, BaselineLearningOptions())
    classifier = learner.classifiers[BRANCH]
    assert [weight.shape for weight in classifier.weights] == [[DIM, 3]]
    classifier.kernel.assign(tf.zeros([DIM, 3]))
    batch = {"image": images, "label": np.array([0, 0, 1, 1], np.int32)}
    before = network(images, training=True)[BRANCH][0].numpy()
    losses, shown = learner.compute_losses(batch)
    np.testing.assert_allclose(losses[f"identity_{BRANCH}"], [np.log(3)] * 4, rtol=1e-5)
    first = np.linalg.norm(before[0] - before[1])
    assert float(shown[f"hardest_positive_{BRANCH}"][0]) == pytest.approx(first, rel=1e-3)


@pytest.mark.parametrize(("schedule", "last"), [("stairs", 3.5e-6), ("cosine", 0.0)])
def test_the_schedule_is_the_one_that_is_named(schedule, last):
    """At the end of 480 epochs the stairs are at a hundredth, the cosine at 0."""
    learning = BaselineLearningOptions(schedule=schedule)
    optimizer = BASELINE.make_optimizer(learning, 10)
    variable = tf.Variable([1.0])
    optimizer.build([variable])
    optimizer.iterations.assign(4800)
    optimizer.apply_gradients([(tf.ones([1]), variable)])
    assert float(optimizer.learning_rate) == pytest.approx(last)
