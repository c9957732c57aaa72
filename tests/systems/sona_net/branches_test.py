"""Tests of the branches against plain numpy."""

import numpy as np
import pytest
import tensorflow as tf

from tfreid.layers.batch_feature_erasing import BatchFeatureErasing
from tfreid.systems.sona_net.branches import GlobalBranch, LocalBranch, Reduction


def reduce_literally(reduction, pooled):
    """ReLU(BN(x W + b)) at inference, float64."""
    norm = reduction.norm
    dense = pooled @ reduction.dense.kernel.numpy() + reduction.dense.bias.numpy()
    scale = norm.gamma.numpy() / np.sqrt(norm.moving_variance.numpy() + 1e-5)
    return np.maximum(0, (dense - norm.moving_mean.numpy()) * scale + norm.beta.numpy())


@pytest.fixture
def features(rng):
    return rng.normal(size=(3, 5, 2, 8)).astype(np.float32)


def test_the_global_branch_averages_then_reduces(features):
    branch = GlobalBranch(6)
    expected_shape = branch(features).shape
    branch.reduction.dense.bias.assign(np.linspace(-1, 1, 6))
    expected = reduce_literally(branch.reduction, features.mean(axis=(1, 2)))
    assert expected_shape == (3, 6)
    np.testing.assert_allclose(branch(features), expected, rtol=1e-4, atol=1e-5)


def test_the_local_branch_takes_the_maximum_of_the_bottlenecks_map(features):
    branch = LocalBranch(6)
    branch(features)
    peaks = branch.bottleneck(features).numpy().max(axis=(1, 2))
    np.testing.assert_allclose(
        branch(features), reduce_literally(branch.reduction, peaks), rtol=1e-4, atol=1e-5
    )
    assert branch.bottleneck.channels == 8 and branch.bottleneck.width == 2


def test_what_is_dropped_cannot_be_the_maximum(features):
    """A band over four of five rows: the maximum of the fifth, or the zeros, is what remains."""
    branch = LocalBranch(6, BatchFeatureErasing(0.8))
    branch(features)
    kept = branch.drop(branch.bottleneck(features, training=True), training=True).numpy()
    assert ((kept == 0).all(axis=(0, 2, 3))).sum() == 4


def test_a_reduction_starts_as_the_base_code_does():
    """He normal: variance 2 / fan; batch norm's scale from N(1, 0.02)."""
    wide = Reduction(400, "fan_in")
    wide(tf.zeros([2, 900]))
    assert float(np.var(wide.dense.kernel)) == pytest.approx(2 / 900, rel=0.02)
    assert float(np.std(wide.norm.gamma)) == pytest.approx(0.02, rel=0.15)
    out = Reduction(400, "fan_out")
    out(tf.zeros([2, 900]))
    assert float(np.var(out.dense.kernel)) == pytest.approx(2 / 400, rel=0.02)


def test_the_bottleneck_starts_as_the_papers_framework_starts_a_convolution():
    """Uniform within 1 / sqrt(fan_in)."""
    branch = LocalBranch(6)
    branch(tf.zeros([1, 5, 2, 256]))
    bottleneck = branch.bottleneck
    for convolution in (bottleneck.conv1, bottleneck.conv2, bottleneck.conv3):
        shares = convolution.kernel * np.sqrt(np.prod(convolution.kernel.shape[:3]))
        assert float(tf.reduce_max(tf.abs(shares))) == pytest.approx(1, rel=0.001)
        assert float(np.var(shares)) == pytest.approx(1 / 3, rel=0.05)


@pytest.mark.parametrize("synchronized", [False, True])
def test_a_reduction_keeps_the_unbiased_variance(rng, synchronized):
    """As the paper's framework does: of six rows, 6 / 5 of the mean square deviation."""
    reduction = Reduction(3, "fan_in", synchronized)
    pooled = rng.normal(size=(6, 8)).astype(np.float32)
    reduction(pooled, training=True)
    variance = (pooled @ reduction.dense.kernel.numpy()).var(axis=0)
    np.testing.assert_allclose(
        reduction.norm.moving_variance, 0.9 + 0.1 * variance * 6 / 5, rtol=1e-4
    )


@pytest.mark.parametrize("make_branch", [GlobalBranch, LocalBranch])
def test_a_branchs_own_precision_reaches_every_layer_inside(features, make_branch):
    branch = make_branch(6, dtype="mixed_bfloat16")
    branch(features)
    inner = [layer for layer in branch.submodules if isinstance(layer, tf.keras.layers.Layer)]
    assert len(inner) >= 3
    assert {layer.dtype_policy.name for layer in inner} == {"mixed_bfloat16"}
    assert branch.reduction.dense(tf.zeros([1, 8])).dtype == tf.bfloat16


def test_embeddings_are_float32_and_not_negative_under_mixed_precision(features):
    tf.keras.mixed_precision.set_global_policy("mixed_bfloat16")
    embedding = GlobalBranch(6)(tf.cast(features, tf.bfloat16), training=True)
    assert embedding.dtype == tf.float32 and float(tf.reduce_min(embedding)) >= 0


def test_a_config_holds_the_layers_inside():
    branch = LocalBranch(6, BatchFeatureErasing(0.4), None, True, name="local")
    copy = LocalBranch.from_config(branch.get_config())
    assert copy.drop.height_ratio == 0.4 and copy.attention is None
    assert copy.get_config() == branch.get_config()
