"""A dense layer with batch norm and ReLU."""

import numpy as np
import pytest
import tensorflow as tf

from tfreid.layers.normalized_dense import NormalizedDense, multiply_rows


def make_layer(channels, **arguments):
    layer = NormalizedDense(4, **arguments)
    layer.build([None, channels])
    rng = np.random.default_rng(1)
    for variable in layer.variables:
        low = 0.5 if "variance" in variable.name else -0.5
        variable.assign(rng.uniform(low, 1.0, variable.shape))
    return layer


@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize("rectify", [True, False])
def test_inference_is_dense_then_batch_norm_then_relu(rng, normalize, rectify):
    layer = make_layer(6, normalize=normalize, rectify=rectify)
    x = rng.normal(size=(2, 5, 3, 6)).astype(np.float32)
    expected = x @ layer.kernel.numpy()
    if normalize:
        norm = layer.norm
        scale = norm.gamma.numpy() / np.sqrt(norm.moving_variance.numpy() + 1e-3)
        expected = (expected - norm.moving_mean.numpy()) * scale + norm.beta.numpy()
    else:
        expected = expected + layer.bias.numpy()
    expected = np.maximum(expected, 0) if rectify else expected
    np.testing.assert_allclose(layer(x), expected, rtol=1e-4, atol=1e-5)


def test_training_normalizes_all_inputs_as_one_batch(rng):
    layer = make_layer(6)
    x = rng.normal(size=(7, 6)).astype(np.float32)
    y = x @ layer.kernel.numpy()
    scale = layer.norm.gamma.numpy() / np.sqrt(y.var(0) + 1e-3)
    expected = np.maximum((y - y.mean(0)) * scale + layer.norm.beta.numpy(), 0)
    np.testing.assert_allclose(layer(x, training=True), expected, rtol=1e-4, atol=1e-5)
    first, second = layer((x, x[None]), training=True)
    np.testing.assert_allclose(first, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(second[0], expected, rtol=1e-4, atol=1e-5)


def test_rows_keep_their_place_and_their_known_sizes(rng):
    x = rng.normal(size=(2, 5, 3)).astype(np.float32)
    kernel, bias = rng.normal(size=(3, 4)).astype(np.float32), np.arange(4, dtype=np.float32)
    np.testing.assert_allclose(multiply_rows(x, kernel, bias), x @ kernel + bias, rtol=1e-4)
    rectified = multiply_rows(tf.constant(x), tf.constant(kernel), bias, rectify=True)
    np.testing.assert_allclose(rectified, np.maximum(x @ kernel + bias, 0), rtol=1e-4)
    graph = tf.function(lambda x: multiply_rows(x, tf.constant(kernel)))
    concrete = graph.get_concrete_function(tf.TensorSpec([None, 5, 3]))
    assert concrete.output_shapes.as_list() == [None, 5, 4]


def test_no_units_are_refused():
    with pytest.raises(ValueError, match="units is 0; it must be at least 1"):
        NormalizedDense(0)
