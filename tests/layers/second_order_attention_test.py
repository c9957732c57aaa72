"""Tests of SONA against the paper's equations, written literally in numpy."""

import numpy as np
import pytest
import tensorflow as tf

from tfreid.layers.second_order_attention import SCALES, SecondOrderNonLocalAttention
from tfreid.options.fields import rule_of
from tfreid.systems.sona_net.options import SonaNetOptions

HEIGHT, WIDTH, CHANNELS = 5, 3, 8


def make_layer(**arguments):
    """A layer whose variables all are random, p's and batch norm's included."""
    layer = SecondOrderNonLocalAttention(**arguments)
    layer.build([None, HEIGHT, WIDTH, CHANNELS])
    rng = np.random.default_rng(1)
    for variable in layer.variables:
        low = 0.5 if "variance" in variable.name else -0.5
        variable.assign(rng.uniform(low, 1.0, variable.shape))
    return layer


def make_input(rng, batch=2):
    return rng.normal(size=(batch, HEIGHT, WIDTH, CHANNELS)).astype(np.float32)


def compute_theta(layer, x):
    """theta(x) of one image, float64[HW, d]: convolution, batch norm, LeakyReLU."""
    norm = layer.theta_norm
    reduced = x.reshape(-1, CHANNELS) @ layer.theta.kernel.numpy()[0, 0].astype(np.float64)
    scale = norm.gamma.numpy() / np.sqrt(norm.moving_variance.numpy() + 1e-5)
    normed = (reduced - norm.moving_mean.numpy()) * scale + norm.beta.numpy()
    return np.where(normed > 0, normed, layer.negative_slope * normed)


def compute_attention(layer, x, factor=1.0):
    """softmax(theta I_bar theta^T / sqrt(d)), Eq. 1 and 2, with I_bar built in full."""
    theta = compute_theta(layer, x)
    d = theta.shape[1]
    i_bar = (np.eye(d) - np.ones((d, d)) / d) / d
    scores = factor * theta @ i_bar @ theta.T / np.sqrt(d)
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def compute_sona(layer, x):
    """x + p(z), Eq. 3, of one image."""
    flat = x.reshape(-1, CHANNELS)
    g = flat @ layer.g.kernel.numpy()[0, 0] + layer.g.bias.numpy()
    z = compute_attention(layer, x) @ g
    return x + (z @ layer.p.kernel.numpy()[0, 0] + layer.p.bias.numpy()).reshape(x.shape)


@pytest.mark.parametrize("reduction", [1, 2, 4])
def test_the_layer_is_the_papers_equations_1_to_3(rng, reduction):
    layer, x = make_layer(reduction=reduction), make_input(rng)
    expected = np.stack([compute_sona(layer, image) for image in x])
    np.testing.assert_allclose(layer(x), expected, rtol=1e-4, atol=1e-4)


def test_attention_is_the_softmax_of_the_scaled_covariance(rng):
    layer, x = make_layer(), make_input(rng)
    attention = layer.attention(x).numpy()
    assert attention.shape == (2, HEIGHT * WIDTH, HEIGHT * WIDTH)
    np.testing.assert_allclose(attention[1], compute_attention(layer, x[1]), rtol=1e-4)
    np.testing.assert_allclose(attention.sum(axis=-1), 1.0, rtol=1e-5)


def test_the_scale_may_be_the_covariances_own_or_a_learned_factor(rng):
    x, d = make_input(rng), CHANNELS // 2
    covariance, learned = make_layer(scale="covariance"), make_layer(scale="learned")
    for layer, factor in ((covariance, d**0.5), (learned, np.exp(learned.log_factor))):
        expected = compute_attention(layer, x[0], factor)
        np.testing.assert_allclose(layer.attention(x)[0], expected, rtol=1e-4)
    uniform = make_layer(scale="uniform").attention(x)
    np.testing.assert_allclose(uniform, np.full_like(uniform, 1 / (HEIGHT * WIDTH)), rtol=1e-6)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(learned.attention(x) ** 2)
    assert abs(tape.gradient(loss, learned.log_factor)) > 1e-3


def test_a_learned_factor_starts_as_the_paper(rng):
    x = make_input(rng)
    learned, paper = SecondOrderNonLocalAttention(scale="learned"), SecondOrderNonLocalAttention()
    learned(x), paper(x)
    paper.set_weights(learned.get_weights()[1:])
    np.testing.assert_array_equal(learned.attention(x), paper.attention(x))


def test_the_options_of_the_network_name_all_scales():
    rule = SonaNetOptions.__dataclass_fields__["sona_scale"]
    assert rule_of(rule).choices == SCALES


def test_features_that_differ_by_a_constant_over_channels_attend_alike(rng):
    """The covariance ignores a position's mean over theta's channels; plain products do not."""
    layer = make_layer(negative_slope=1.0)  # LeakyReLU is then the identity
    layer.theta.kernel.assign(np.eye(CHANNELS, CHANNELS // 2)[None, None])
    layer.theta_norm.gamma.assign(np.ones(CHANNELS // 2))
    layer.theta_norm.moving_variance.assign(np.ones(CHANNELS // 2))
    x = make_input(rng)
    shifted = x + rng.normal(size=(2, HEIGHT, WIDTH, 1)).astype(np.float32)
    np.testing.assert_allclose(layer.attention(x), layer.attention(shifted), rtol=1e-4)


def test_it_starts_as_the_identity_unless_told_otherwise(rng):
    x = make_input(rng)
    np.testing.assert_array_equal(SecondOrderNonLocalAttention()(x), x)
    assert np.abs(SecondOrderNonLocalAttention(identity_start=False)(x) - x).max() > 1e-3


def test_the_slope_below_zero_is_the_one_given(rng):
    x = make_input(rng)
    assert SecondOrderNonLocalAttention().negative_slope == 0.01  # of the paper's LeakyReLU: silent
    steep, flat = make_layer(negative_slope=0.9), make_layer(negative_slope=0.0)
    expected = np.stack([compute_attention(steep, image) for image in x])
    np.testing.assert_allclose(steep.attention(x), expected, rtol=1e-4)
    assert np.abs(steep.attention(x) - flat.attention(x)).max() > 1e-3


def test_a_graph_with_unknown_sizes_gives_what_eager_gives(rng):
    layer = make_layer()
    graph = tf.function(layer, input_signature=[tf.TensorSpec([None, None, None, CHANNELS])])
    for shape in ((1, 5, 3), (3, 2, 7)):
        x = rng.normal(size=(*shape, CHANNELS)).astype(np.float32)
        np.testing.assert_allclose(graph(x), layer(x), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_the_softmax_stays_in_float32_under_mixed_precision(rng, policy):
    layer, x = make_layer(dtype=policy), make_input(rng)
    output = layer(tf.cast(x, layer.compute_dtype))
    assert output.dtype == layer.compute_dtype
    assert layer.attention(tf.cast(x, layer.compute_dtype)).dtype == tf.float32
    expected = np.stack([compute_sona(layer, image) for image in x])
    np.testing.assert_allclose(tf.cast(output, tf.float32), expected, rtol=0.05, atol=0.1)


def test_training_normalizes_by_the_batch_and_moves_the_averages(rng):
    layer, x = make_layer(), make_input(rng)
    before = layer.theta_norm.moving_mean.numpy()
    assert np.abs(layer(x, training=True) - layer(x)).max() > 1e-3
    assert np.abs(layer.theta_norm.moving_mean.numpy() - before).max() > 1e-3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"reduction": 0}, "reduction is 0; it must be at least 1"),
        ({"negative_slope": 1.5}, r"negative_slope is 1.5; it must lie in \[0, 1\]"),
        ({"scale": "sharp"}, "scale is 'sharp'; it must be one of paper, covariance, learned"),
        ({"reduction": 3}, "8 channels, which reduction=3 does not divide"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_layer(**arguments)
