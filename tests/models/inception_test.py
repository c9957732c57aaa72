"""Inception-V1 as a Keras layer. That it is slim's network, inception_weights_test.py proves."""

import numpy as np
import pytest
import tensorflow as tf

from tfreid.models.inception import ENDPOINTS, InceptionV1


@pytest.fixture(scope="module")
def backbone():
    """The whole backbone, called once; tests leave its variables as they are."""
    layer = InceptionV1(name="backbone")
    layer(tf.zeros([1, 32, 32, 3]))
    return layer


def make_small(**arguments):
    layer = InceptionV1("Mixed_3b", **arguments)
    layer(tf.zeros([1, 32, 16, 3]))
    return layer


def make_images(rng, batch=2, height=40, width=24):
    return tf.constant(rng.uniform(-1, 1, size=(batch, height, width, 3)), tf.float32)


def test_the_papers_image_gives_the_papers_map(backbone):
    assert backbone(tf.zeros([1, 224, 112, 3])).shape == (1, 14, 7, 832)
    assert backbone.compute_output_shape([None, 224, 112, 3]).as_list() == [None, 14, 7, 832]


@pytest.mark.parametrize("endpoint", ["Mixed_3c", "Mixed_4b", "Mixed_5b"])
def test_the_shape_is_known_before_the_call(endpoint):
    layer = InceptionV1(endpoint)
    for size in ((65, 33), (48, 80)):
        expected = layer.compute_output_shape([1, *size, 3])
        assert layer(tf.zeros([1, *size, 3])).shape == expected
        assert expected[-1] == ENDPOINTS[endpoint]


def test_variables_have_the_published_names_and_no_regularizer(backbone):
    names = backbone.slim_names()
    assert len(names) == 45 * 4  # 45 convolutions, each with its kernel, beta and two averages
    assert names["InceptionV1/Conv2d_1a_7x7/weights"].shape == (7, 7, 3, 64)
    assert names["InceptionV1/Mixed_4f/Branch_1/Conv2d_0b_3x3/weights"].shape == (3, 3, 160, 320)
    for part in ("beta", "moving_mean", "moving_variance"):
        name = f"InceptionV1/Mixed_3c/Branch_2/Conv2d_0a_1x1/BatchNorm/{part}"
        assert names[name].trainable == (part == "beta")
    assert not any("gamma" in name for name in names)
    assert backbone.losses == []


def test_names_do_not_depend_on_the_layers_place():
    """Two in one program, inside a model and built in a graph, are called the same."""
    model = tf.keras.Sequential([InceptionV1("Mixed_3b", name="first")], name="model")
    tf.function(model)(tf.zeros([1, 32, 16, 3]))
    assert set(model.layers[0].slim_names()) == set(make_small(name="second").slim_names())


def test_training_uses_the_batch_and_moves_the_averages(rng):
    layer, images = make_small(batch_norm_decay=0.75), make_images(rng)
    mean = layer.slim_names()["InceptionV1/Conv2d_1a_7x7/BatchNorm/moving_mean"]
    kernel = layer.slim_names()["InceptionV1/Conv2d_1a_7x7/weights"]
    before = layer(images)
    np.testing.assert_array_equal(mean, np.zeros(64))
    y = tf.nn.conv2d(images, kernel, 2, "SAME")
    trained = layer(images, training=True)
    np.testing.assert_allclose(mean, 0.25 * tf.reduce_mean(y, axis=[0, 1, 2]), rtol=1e-3, atol=1e-6)
    assert np.abs(trained - before).max() > 1e-3
    assert np.abs(layer(images) - before).max() > 1e-6


def test_a_frozen_backbone_does_not_move(rng):
    layer, images = make_small(), make_images(rng)
    layer.trainable = False
    before = layer.get_weights()
    np.testing.assert_allclose(layer(images, training=True), layer(images), rtol=1e-6)
    for old, new in zip(before, layer.get_weights()):
        np.testing.assert_array_equal(old, new)


def test_a_graph_of_unknown_sizes_computes_the_same(rng):
    layer = make_small()
    graph = tf.function(layer, input_signature=[tf.TensorSpec([None, None, None, 3])])
    for height, width in ((40, 24), (33, 64)):
        images = make_images(rng, 3, height, width)
        np.testing.assert_allclose(graph(images), layer(images), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_it_computes_in_float32_under_every_policy(rng, policy):
    tf.keras.mixed_precision.set_global_policy(policy)
    layer = make_small()
    assert layer(make_images(rng)).dtype == tf.float32
    assert {variable.dtype for variable in layer.variables} == {tf.float32}


def test_replicas_move_the_averages_to_their_mean(rng, make_replicas):
    images = make_images(rng)
    alone, strategy = make_small(batch_norm_decay=0.5), make_replicas(2)
    with strategy.scope():
        layer = make_small(batch_norm_decay=0.5)
    layer.set_weights(alone.get_weights())
    halves = strategy.experimental_distribute_values_from_function(
        lambda context: images[context.replica_id_in_sync_group :][:1]
    )

    def learn(half):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer(half, training=True))
        return [tf.reduce_sum(g) for g in tape.gradient(loss, layer.trainable_variables)]

    for gradient in tf.function(lambda half: strategy.run(learn, (half,)))(halves):
        assert np.isfinite(strategy.experimental_local_results(gradient)).all()
    alone(images, training=True)
    name = "InceptionV1/Conv2d_1a_7x7/BatchNorm/moving_mean"
    np.testing.assert_allclose(
        layer.slim_names()[name].numpy(), alone.slim_names()[name], rtol=1e-3, atol=1e-6
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"final_endpoint": "Mixed_4g"},
            "final_endpoint is 'Mixed_4g'; it must be one of Mixed_3b",
        ),
        ({"batch_norm_decay": 1.5}, r"batch_norm_decay is 1.5; it must lie in \[0, 1\]"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        InceptionV1(**arguments)
