"""Tests of co-attention against equations 3 and 4 of the KVM-MN paper, written with loops."""

import numpy as np
import pytest
import tensorflow as tf

from tfreid.layers.co_attention import CoAttention, compute_attention, read_other, read_own
from tfreid.layers.key_value_memory import Memory

# Different everywhere: a map of 3 x 2 asks one of 4 x 2 (H != W, and two sizes of image).
BLOCKS, QUERIES, GALLERY, HEADS, LOCATIONS, OTHERS, KEY, VALUE, OUTPUT = 2, 3, 4, 2, 6, 8, 5, 3, 7


def make_memory(rng, images, locations):
    shape = (BLOCKS, images, HEADS, locations)
    return Memory(
        *(tf.constant(rng.normal(size=(*shape, dim)), tf.float32) for dim in (KEY, VALUE))
    )


@pytest.fixture
def query(rng):
    return make_memory(rng, QUERIES, LOCATIONS)


@pytest.fixture
def gallery(rng):
    return make_memory(rng, GALLERY, OTHERS)


def make_layer(query, gallery, **arguments):
    layer = CoAttention(OUTPUT, **arguments)
    layer((query, gallery))
    rng = np.random.default_rng(1)
    for variable in layer.variables:
        low = 0.5 if "variance" in variable.name else -0.5
        variable.assign(rng.uniform(low, 1.0, variable.shape))
    return layer


def compute_read(reference, keys, values):
    """Eq. 3 for one key and one head: a weighted average over the locations of one image."""
    scores = [float(np.dot(key, reference)) / np.sqrt(len(reference)) for key in keys]
    exponentials = [np.exp(score - max(scores)) for score in scores]
    total = np.zeros(values.shape[-1])
    for exponential, value in zip(exponentials, values):
        total += exponential / sum(exponentials) * value
    return total


def compute_reads(references, keys, values):
    """[r_1, ..., r_H] for each location of one image's keys, from one image's memory."""
    rows = []
    for location in range(references.shape[1]):
        heads = range(references.shape[0])
        reads = [compute_read(references[h, location], keys[h], values[h]) for h in heads]
        rows.append(np.concatenate(reads))
    return np.stack(rows)


def compute_phi(layer, r):
    """Eq. 4 with the averages of batch norm."""
    norm = layer.fusion.norm
    y = r @ layer.fusion.kernel.numpy() - norm.moving_mean.numpy()
    scale = norm.gamma.numpy() / np.sqrt(norm.moving_variance.numpy() + 1e-3)
    return np.maximum(y * scale + norm.beta.numpy(), 0)


def list_pairs():
    return np.ndindex(BLOCKS, GALLERY, QUERIES)


def test_both_sides_are_the_papers_equations_3_and_4(query, gallery):
    layer = make_layer(query, gallery)
    own, other = (side.numpy() for side in layer((query, gallery)))
    assert own.shape == (BLOCKS, QUERIES, LOCATIONS, OUTPUT)
    assert other.shape == (BLOCKS, GALLERY, QUERIES, LOCATIONS, OUTPUT)
    query, gallery = ([part.numpy() for part in memory] for memory in (query, gallery))
    for s, g, q in list_pairs():
        references = query[0][s, q]
        r_a = compute_reads(references, query[0][s, q], query[1][s, q])
        r_b = compute_reads(references, gallery[0][s, g], gallery[1][s, g])
        np.testing.assert_allclose(own[s, q], compute_phi(layer, r_a), rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(other[s, g, q], compute_phi(layer, r_b), rtol=1e-4, atol=1e-4)


def test_each_side_alone_is_what_it_is_in_the_pair(query, gallery):
    layer = make_layer(query, gallery)
    own, other = layer((query, gallery))
    np.testing.assert_allclose(layer.attend_own(query), own, rtol=1e-5, atol=1e-6)
    alone = layer.attend_other(query.keys, gallery)
    np.testing.assert_allclose(alone, other, rtol=1e-5, atol=1e-6)


def test_training_takes_statistics_over_both_sides_of_all_pairs(query, gallery):
    layer = make_layer(query, gallery)
    r_a, r_b = read_own(query).numpy(), read_other(query.keys, gallery).numpy()
    listed = np.concatenate([np.repeat(r_a[:, None], GALLERY, axis=1), r_b])
    y = (listed @ layer.fusion.kernel.numpy()).reshape(-1, OUTPUT)
    norm = layer.fusion.norm
    scale = norm.gamma.numpy() / np.sqrt(y.var(0) + 1e-3)
    shift = norm.beta.numpy() - y.mean(0) * scale
    outputs = layer((query, gallery), training=True)
    for output, r in zip(outputs, (r_a, r_b)):
        expected = np.maximum(r @ layer.fusion.kernel.numpy() * scale + shift, 0)
        np.testing.assert_allclose(output, expected, rtol=1e-3, atol=1e-4)


def test_the_rows_of_an_attention_map_sum_to_one(query, gallery):
    attention = compute_attention(query.keys, gallery.keys)
    assert attention.shape == (BLOCKS, GALLERY, HEADS, QUERIES * LOCATIONS, OTHERS)
    np.testing.assert_allclose(tf.reduce_sum(attention, axis=-1), 1.0, rtol=1e-5)


def test_large_products_do_not_overflow_in_float16():
    """64 * 60 * 60 = 230400 is beyond float16; an eighth of it, scaled before the sum, is not."""
    keys = tf.fill([1, 1, 1, 2, 64], tf.constant(60.0, tf.float16))
    attention = compute_attention(keys, keys)
    np.testing.assert_allclose(tf.cast(attention, tf.float32), 0.5)


def test_a_graph_with_unknown_sizes_gives_what_eager_gives(query, gallery):
    layer = make_layer(query, gallery)
    spec = Memory(
        *(tf.TensorSpec([None, None, HEADS, None, dim], tf.float32) for dim in (KEY, VALUE))
    )
    graph = tf.function(lambda q, g: layer((q, g)), input_signature=[spec, spec])
    for one, other in zip(graph(query, gallery), layer((query, gallery))):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


def test_half_precision_is_only_rounded_at_the_end(rng):
    """One head, d_k = 1: the scores are the keys themselves."""
    keys = rng.normal(size=(1, 1, 1, 512, 1)).astype(np.float16)
    found = compute_attention(tf.ones((1, 1, 1, 1, 1), tf.float16), tf.constant(keys))
    wanted = tf.nn.softmax(keys.reshape(1, 1, 1, 1, 512).astype(np.float32)).numpy()
    np.testing.assert_array_equal(found, wanted.astype(np.float16))
