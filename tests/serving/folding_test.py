"""Folded batch norm: the same embeddings by fewer operations."""

import numpy as np
import pytest
import tensorflow as tf

from tests.tiny_runs import RESNET, write_run
from tfreid.layers.batch_norm import SynchronizedBatchNorm
from tfreid.runs.loading import load_network
from tfreid.serving.folding import fold_batch_norm

NORMS = (tf.keras.layers.BatchNormalization, SynchronizedBatchNorm)


def list_norms(network):
    return [layer for layer in network._flatten_layers() if isinstance(layer, NORMS)]


@pytest.mark.parametrize("flags", [{}, {"sync_batch_norm": "true", "sona_after_stage4": "both"}])
def test_a_folded_network_embeds_as_before_without_any_batch_norm(tmp_path, rng, flags):
    network, _, _ = load_network(write_run(tmp_path / "w", "sona_net", **RESNET, **flags))
    images = tf.constant(rng.normal(size=[2, 32, 16, 3]), tf.float32)
    before = network.embed(images).numpy()
    norms = len(list_norms(network))
    assert fold_batch_norm(network) == norms > 50
    assert not list_norms(network)
    after = network.embed(images).numpy()
    np.testing.assert_allclose(after, before, rtol=0, atol=2e-5 * np.abs(before).max())
    assert not np.array_equal(after, before) and before.any()


def test_in_mixed_precision_nothing_is_folded(tmp_path, rng):
    network, _, _ = load_network(write_run(tmp_path / "w", "sona_net", precision="mixed_bfloat16"))
    images = tf.constant(rng.normal(size=[1, 32, 16, 3]), tf.float32)
    before = network.embed(images).numpy()
    assert fold_batch_norm(network) == 0
    np.testing.assert_array_equal(network.embed(images).numpy(), before)


def test_kvm_mn_folds_itself_and_is_left_alone(tmp_path):
    network, _, _ = load_network(write_run(tmp_path / "w", "kvm_mn"))
    before = [variable.numpy() for variable in network.variables]
    assert fold_batch_norm(network) == 0
    for variable, value in zip(network.variables, before):
        np.testing.assert_array_equal(variable.numpy(), value)
