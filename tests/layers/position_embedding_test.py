"""Tests of the position embedding against equation 1 of the KVM-MN paper, written with loops."""

import math

import numpy as np
import pytest
import tensorflow as tf

from tfreid.layers.position_embedding import PositionEmbedding2D


def compute_embedding(height, width, d, temperature=10000.0):
    """Eq. 1, one number at a time."""
    p = np.zeros((height, width, d))
    for y in range(height):
        for x in range(width):
            for i in range(d // 4):
                divisor = temperature ** (4 * i / d)
                p[y, x, 2 * i] = math.sin(x / divisor)
                p[y, x, 2 * i + 1] = math.cos(x / divisor)
                p[y, x, 2 * i + d // 2] = math.sin(y / divisor)
                p[y, x, 2 * i + 1 + d // 2] = math.cos(y / divisor)
    return p


@pytest.mark.parametrize("temperature", [10000.0, 3.0])
def test_the_layer_adds_the_papers_equation_1(rng, temperature):
    x = rng.normal(size=(2, 5, 3, 12)).astype(np.float32)
    expected = x + compute_embedding(5, 3, 12, temperature)
    np.testing.assert_allclose(PositionEmbedding2D(temperature)(x), expected, rtol=1e-5, atol=1e-6)


def test_the_first_half_knows_the_column_and_the_second_the_row():
    """With d = 4, i = 0 alone: (sin x, cos x, sin y, cos y) at (x, y) = (1, 2)."""
    y = PositionEmbedding2D()(tf.zeros([1, 4, 2, 4]))
    expected = [math.sin(1), math.cos(1), math.sin(2), math.cos(2)]
    np.testing.assert_allclose(y[0, 2, 1], expected, rtol=1e-6)


def test_no_two_locations_of_the_papers_map_are_alike():
    flat = PositionEmbedding2D()(tf.zeros([1, 14, 7, 512])).numpy().reshape(98, 512)
    distances = np.linalg.norm(flat[:, None] - flat[None], axis=-1)
    assert distances[~np.eye(98, dtype=bool)].min() > 1.0


def test_a_graph_with_unknown_sizes_gives_what_eager_gives(rng):
    layer = PositionEmbedding2D()
    graph = tf.function(layer, input_signature=[tf.TensorSpec([None, None, None, 8])])
    for shape in ((1, 5, 3), (3, 2, 7)):
        x = rng.normal(size=(*shape, 8)).astype(np.float32)
        np.testing.assert_allclose(graph(x), layer(x), rtol=1e-6, atol=1e-6)


def test_low_precision_rounds_once():
    """Angles are computed in float32: bfloat16 could not tell column 256 from 257."""
    y = PositionEmbedding2D(dtype="mixed_bfloat16")(tf.zeros([1, 1, 300, 4]))
    assert y.dtype == tf.bfloat16
    expected = np.sin(np.arange(300))
    np.testing.assert_allclose(tf.cast(y[0, 0, :, 0], tf.float32), expected, atol=4e-3)


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match="temperature is 0; it must be above 0"):
        PositionEmbedding2D(0)
    with pytest.raises(ValueError, match="6 channels; .* need a multiple of 4"):
        PositionEmbedding2D()(tf.zeros([1, 3, 2, 6]))
