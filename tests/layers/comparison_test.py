"""Tests of the comparison against equation 5 of the KVM-MN paper, written with loops."""

import numpy as np
import pytest

from tfreid.layers.comparison import Comparison

BLOCKS, QUERIES, GALLERY, LOCATIONS, OUTPUT, COMPARISON = 2, 3, 4, 6, 5, 7


@pytest.fixture
def sides(rng):
    own = rng.normal(size=(BLOCKS, QUERIES, LOCATIONS, OUTPUT)).astype(np.float32)
    other = rng.normal(size=(BLOCKS, GALLERY, QUERIES, LOCATIONS, OUTPUT)).astype(np.float32)
    return own, other


def make_layer(sides):
    layer = Comparison(COMPARISON)
    layer(sides)
    rng = np.random.default_rng(1)
    for variable in layer.variables:
        low = 0.5 if "variance" in variable.name else -0.5
        variable.assign(rng.uniform(low, 1.0, variable.shape))
    return layer


def list_products(layer, own, other):
    """Yields (pair, W_c^T [o^A, o^B]) for every pair and location, one vector at a time."""
    for s, g, q, at in np.ndindex(BLOCKS, GALLERY, QUERIES, LOCATIONS):
        both = np.concatenate([own[s, q, at], other[s, g, q, at]])
        yield (s, g, q, at), layer.kernel.numpy().T @ both


def test_every_pair_is_compared_by_the_papers_equation_5(sides):
    layer = make_layer(sides)
    c, norm = layer(sides).numpy(), layer.norm
    assert c.shape == (BLOCKS, GALLERY, QUERIES, LOCATIONS, COMPARISON)
    scale = norm.gamma.numpy() / np.sqrt(norm.moving_variance.numpy() + 1e-3)
    for index, product in list_products(layer, *sides):
        expected = (product - norm.moving_mean.numpy()) * scale + norm.beta.numpy()
        np.testing.assert_allclose(c[index], np.maximum(expected, 0), rtol=1e-4, atol=1e-4)


def test_training_takes_statistics_over_all_pairs_and_locations(sides):
    layer = make_layer(sides)
    products = dict(list_products(layer, *sides))
    y = np.stack(list(products.values()))
    scale = layer.norm.gamma.numpy() / np.sqrt(y.var(0) + 1e-3)
    c = layer(sides, training=True).numpy()
    for index, product in products.items():
        expected = (product - y.mean(0)) * scale + layer.norm.beta.numpy()
        np.testing.assert_allclose(c[index], np.maximum(expected, 0), rtol=1e-3, atol=1e-4)


def test_the_querys_share_is_computed_without_the_gallery(sides):
    layer = make_layer(sides)
    share = layer.share(sides[0])
    assert share.shape == (BLOCKS, QUERIES, LOCATIONS, COMPARISON)
    np.testing.assert_allclose(layer.compare(share, sides[1]), layer(sides), rtol=1e-5, atol=1e-6)


def test_no_dimensions_are_refused():
    with pytest.raises(ValueError, match="comparison_dim is 0; it must be at least 1"):
        Comparison(0)
