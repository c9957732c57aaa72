"""Memories of a split: in order, whole, and with what queries bring."""

import os

import numpy as np
import pytest
import tensorflow as tf

from tfreid.data.preparing import read_eval_batches
from tfreid.data.readers import read_dataset
from tfreid.errors import InputError
from tfreid.systems.kvm_mn.network import make_kvm_mn
from tfreid.systems.kvm_mn.options import KvmMnDataOptions, KvmMnOptions
from tfreid.systems.matching.memories import memorize_split
from tfreid.systems.matching.options import PairScoringOptions

pytestmark = pytest.mark.usefixtures("functions_run_eagerly")


@pytest.mark.parametrize(
    ("batch", "dtype", "rounding"),
    [(1, "float32", 1e-5), (3, "float16", 2e-3), (99, "float32", 1e-5)],
)
def test_memories_are_those_of_the_images_in_the_splits_order(
    market_folder, batch, dtype, rounding
):
    """Pooled features stay in float32 whatever the memories are kept in."""
    data = KvmMnDataOptions(dataset="folder", data_dir=market_folder(), height=32, width=16)
    split = read_dataset(data).query
    options = KvmMnOptions(final_endpoint="Mixed_3b", feature_dim=8, key_dim=4, value_dim=4)
    network = make_kvm_mn(options, 32, 16)
    scoring = PairScoringOptions(evaluation_batch=batch, memory_dtype=dtype)
    memories = memorize_split(network, split, data, scoring, as_queries=True)
    images = tf.concat([images for _, images in read_eval_batches(split, data, 4)], axis=0)
    expected = network.memorize(images)
    np.testing.assert_allclose(memories.keys, expected.keys, atol=rounding)
    np.testing.assert_allclose(memories.values, expected.values, atol=rounding)
    pooled = network.pool(images).numpy()
    np.testing.assert_allclose(memories.pooled, pooled, rtol=0, atol=2e-5 * pooled.max())
    np.testing.assert_allclose(
        memories.shares, network.prepare_query(expected).share, rtol=1e-4, atol=rounding
    )
    assert len(memories) == len(split) and memories.keys.dtype == dtype


def test_an_image_that_cannot_be_read_is_named(market_folder):
    data = KvmMnDataOptions(dataset="folder", data_dir=market_folder(), height=32, width=16)
    split = read_dataset(data).query
    with open(split.paths[1], "r+b") as file:
        file.truncate(200)
    options = KvmMnOptions(final_endpoint="Mixed_3b", feature_dim=8, key_dim=4, value_dim=4)
    network = make_kvm_mn(options, 32, 16)
    with pytest.raises(InputError, match=os.path.basename(split.paths[1])):
        memorize_split(network, split, data, PairScoringOptions())
