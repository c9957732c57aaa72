"""Tests of the matching score against equation 6 of the KVM-MN paper, written with loops."""

import numpy as np
import pytest
import tensorflow as tf

from tfreid.layers.matching_score import MatchingScore

LOCATIONS, CHANNELS, HIDDEN = 6, 5, 4


def make_layer(**arguments):
    layer = MatchingScore(HIDDEN, **arguments)
    layer.build([None, None, LOCATIONS, CHANNELS])
    rng = np.random.default_rng(1)
    for variable in layer.variables:
        low = 0.5 if "variance" in variable.name else -0.5
        variable.assign(rng.uniform(low, 1.0, variable.shape))
    return layer


def compute_hidden(layer, c):
    """The first dense layer of one pair: [c_1, ..., c_L] side by side, unit by unit."""
    row = [value for comparison in c for value in comparison]
    kernel = layer.kernel.numpy()
    return np.array(
        [sum(value * kernel[k, u] for k, value in enumerate(row)) for u in range(HIDDEN)]
    )


def compute_score(layer, hidden):
    rectified = np.maximum(hidden, 0)
    return float(rectified @ layer.score_kernel.numpy()[:, 0] + layer.score_bias.numpy()[0])


@pytest.mark.parametrize("normalize", [True, False])
def test_every_pair_is_scored_by_the_papers_equation_6(rng, normalize):
    layer = make_layer(normalize=normalize)
    c = rng.normal(size=(2, 3, LOCATIONS, CHANNELS)).astype(np.float32)
    scores = layer(c).numpy()
    assert scores.shape == (2, 3)
    for index in np.ndindex(2, 3):
        hidden = compute_hidden(layer, c[index])
        if normalize:
            norm = layer.norm
            scale = norm.gamma.numpy() / np.sqrt(norm.moving_variance.numpy() + 1e-3)
            hidden = (hidden - norm.moving_mean.numpy()) * scale + norm.beta.numpy()
        else:
            hidden = hidden + layer.bias.numpy()
        np.testing.assert_allclose(scores[index], compute_score(layer, hidden), rtol=1e-4)


def test_training_takes_statistics_over_all_pairs(rng):
    layer = make_layer()
    c = rng.normal(size=(2, 3, LOCATIONS, CHANNELS)).astype(np.float32)
    hidden = np.stack([compute_hidden(layer, c[index]) for index in np.ndindex(2, 3)])
    scale = layer.norm.gamma.numpy() / np.sqrt(hidden.var(0) + 1e-3)
    normed = (hidden - hidden.mean(0)) * scale + layer.norm.beta.numpy()
    expected = np.reshape([compute_score(layer, row) for row in normed], (2, 3))
    np.testing.assert_allclose(layer(c, training=True), expected, rtol=1e-3, atol=1e-4)


def test_untrained_scores_lie_close_together(rng):
    """512 units of variance 0.5 after ReLU, times 0.01: a deviation of about 0.01 * 16 = 0.16."""
    layer = MatchingScore(512)
    scores = layer(rng.normal(size=(50, LOCATIONS, 32)).astype(np.float32), training=True)
    assert 0 < np.std(scores) < 0.3


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_scores_are_float32_under_mixed_precision(rng, policy):
    c = rng.normal(size=(3, LOCATIONS, CHANNELS)).astype(np.float32)
    scores = make_layer(dtype=policy)(c)
    assert scores.dtype == tf.float32
    np.testing.assert_allclose(scores, make_layer()(c), rtol=0.05, atol=0.05)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MatchingScore(0), "hidden_dim is 0; it must be at least 1"),
        (lambda: MatchingScore().build([None, None, 5]), r"the last two sizes .* must be known"),
    ],
)
def test_wrong_arguments_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()
