"""Folded batch norm: the same embeddings by fewer operations."""

import numpy as np
import pytest
import tensorflow as tf

from tests.tiny_runs import RESNET, write_run
from tfreid.layers.folding import fold_batch_norm
from tfreid.runs.loading import load_network


def list_operations(function):
    graph = function.graph.as_graph_def()
    inner = (node for function in graph.library.function for node in function.node_def)
    return [node.op for node in (*graph.node, *inner)]


@pytest.mark.parametrize("flags", [{}, {"sync_batch_norm": "true", "sona_after_stage4": "both"}])
def test_a_folded_network_embeds_as_before_without_any_batch_norm(tmp_path, rng, flags):
    network, _, _ = load_network(write_run(tmp_path / "w", "sona_net", **RESNET, **flags))
    images = tf.constant(rng.normal(size=[2, 32, 16, 3]), tf.float32)
    weights = network.get_weights()
    before = network.embed(images).numpy()
    with fold_batch_norm(network) as parts:
        folded = tf.function(network.embed).get_concrete_function(images)
    assert len(parts) > 100
    assert not {"FusedBatchNormV3", "Rsqrt"} & set(list_operations(folded))
    after = folded(images).numpy()
    np.testing.assert_allclose(after, before, rtol=0, atol=2e-5 * np.abs(before).max())
    assert not np.array_equal(after, before) and before.any()
    assert hasattr(network.backbone.stem.bn1, "gamma")  # the network itself is as it was
    for found, wanted in zip(network.get_weights(), weights):
        np.testing.assert_array_equal(found, wanted)


def test_in_mixed_precision_nothing_is_folded(tmp_path):
    network, _, _ = load_network(write_run(tmp_path / "w", "sona_net", precision="mixed_bfloat16"))
    with fold_batch_norm(network) as parts:
        assert not parts


def test_kvm_mn_folds_itself_and_is_left_alone(tmp_path):
    network, _, _ = load_network(write_run(tmp_path / "w", "kvm_mn"))
    with fold_batch_norm(network) as parts:
        assert not parts
