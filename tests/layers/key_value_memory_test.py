"""Tests of the key-value memory against equation 2 of the KVM-MN paper, written with loops."""

import numpy as np
import pytest
import tensorflow as tf

from tfreid.layers.key_value_memory import KeyValueMemory

HEIGHT, WIDTH, CHANNELS = 3, 2, 5


def make_layer(**arguments):
    layer = KeyValueMemory(**{"num_heads": 2, "key_dim": 3, "value_dim": 4, **arguments})
    layer(tf.zeros([1, HEIGHT, WIDTH, CHANNELS]))
    rng = np.random.default_rng(1)
    for variable in layer.variables:
        low = 0.5 if "variance" in variable.name else -0.5
        variable.assign(rng.uniform(low, 1.0, variable.shape))
    return layer


def compute_phi(projection, f, head, dim):
    """phi(f W_h) of one location: a loop over the units of one head."""
    units = []
    for unit in range(head * dim, (head + 1) * dim):
        norm = projection.norm
        y = sum(f[c] * projection.kernel.numpy()[c, unit] for c in range(len(f)))
        y = (y - norm.moving_mean.numpy()[unit]) / np.sqrt(
            norm.moving_variance.numpy()[unit] + 1e-3
        )
        units.append(max(0.0, y * norm.gamma.numpy()[unit] + norm.beta.numpy()[unit]))
    return units


def test_keys_and_values_are_the_papers_equation_2(rng):
    layer = make_layer()
    x = rng.normal(size=(2, HEIGHT, WIDTH, CHANNELS)).astype(np.float32)
    memory = layer(x)
    assert memory.keys.shape == (2, 2, HEIGHT * WIDTH, 3)
    assert memory.values.shape == (2, 2, HEIGHT * WIDTH, 4)
    for image in range(2):
        for head in range(2):
            for row in range(HEIGHT):
                for column in range(WIDTH):
                    f, at = x[image, row, column], row * WIDTH + column
                    key = compute_phi(layer.key, f, head, 3)
                    value = compute_phi(layer.value, f, head, 4)
                    np.testing.assert_allclose(
                        memory.keys[image, head, at], key, rtol=1e-4, atol=1e-5
                    )
                    np.testing.assert_allclose(
                        memory.values[image, head, at], value, rtol=1e-4, atol=1e-5
                    )


def test_keys_serve_as_values_if_told(rng):
    layer = make_layer(value_dim=3, key_equals_value=True)
    x = rng.normal(size=(2, HEIGHT, WIDTH, CHANNELS)).astype(np.float32)
    memory = layer(x)
    np.testing.assert_array_equal(memory.keys, memory.values)
    assert len(layer.trainable_variables) == 3  # one kernel, one gamma, one beta


def test_training_normalizes_by_the_batch(rng):
    layer = make_layer()
    x = rng.normal(size=(2, HEIGHT, WIDTH, CHANNELS)).astype(np.float32)
    y = x.reshape(-1, CHANNELS) @ layer.key.kernel.numpy()
    norm = layer.key.norm
    scale = norm.gamma.numpy() / np.sqrt(y.var(0) + 1e-3)
    expected = np.maximum((y - y.mean(0)) * scale + norm.beta.numpy(), 0)
    expected = expected.reshape(2, HEIGHT * WIDTH, 2, 3).transpose(0, 2, 1, 3)
    np.testing.assert_allclose(layer(x, training=True).keys, expected, rtol=1e-4, atol=1e-5)


def test_a_graph_with_unknown_sizes_gives_what_eager_gives(rng):
    layer = make_layer()
    graph = tf.function(layer, input_signature=[tf.TensorSpec([None, None, None, CHANNELS])])
    for shape in ((1, 5, 3), (3, 2, 7)):
        x = rng.normal(size=(*shape, CHANNELS)).astype(np.float32)
        for one, other in zip(graph(x), layer(x)):
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_heads": 0}, "num_heads=0, key_dim=3, value_dim=4: all must be at least 1"),
        ({"key_equals_value": True}, "needs key_dim=3 and value_dim=4 to be equal"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_layer(**arguments)
