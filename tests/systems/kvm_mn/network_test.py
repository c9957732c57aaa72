"""KVM-MN as a whole, against the paper's equations 3 to 6 for one pair at a time."""

import math

import numpy as np
import pytest
import tensorflow as tf

from tfreid.layers.key_value_memory import Memory
from tfreid.losses.setwise import compute_setwise_losses
from tfreid.systems.kvm_mn.network import KvmMn, make_kvm_mn
from tfreid.systems.kvm_mn.options import KvmMnOptions

HEIGHT, WIDTH = 32, 16  # a map of 4 x 2 after Mixed_3b
SMALL = {"final_endpoint": "Mixed_3b", "num_heads": 2, "key_dim": 3, "value_dim": 4}
DIMS = {"feature_dim": 8, "attention_dim": 7, "comparison_dim": 6, "score_dim": 5}


def make_network(**arguments):
    """A network that has seen images: averages and all of batch norm away from the start."""
    tf.keras.utils.set_random_seed(0)
    arguments = {**SMALL, **DIMS, "batch_norm_decay": 0.2, **arguments}
    network = make_kvm_mn(KvmMnOptions(**arguments), HEIGHT, WIDTH)
    rng = np.random.default_rng(1)
    for variable in network.trainable_variables:
        if "gamma" in variable.name or "beta" in variable.name or "bias" in variable.name:
            variable.assign(rng.uniform(0.2, 1.0, variable.shape))
    network.score.score_kernel.assign(rng.uniform(-1.0, 1.0, [DIMS["score_dim"], 1]))
    for _ in range(2):
        network(make_images(rng, 2, 4), training=True)
    return network


@pytest.fixture(scope="module")
def network():
    return make_network()


@pytest.fixture
def queries(network, rng):
    return network.memorize(make_images(rng, 2))


@pytest.fixture
def gallery(network, rng):
    return network.memorize(make_images(rng, 3))


def make_images(rng, *shape):
    """Coarse patterns of random colors: noise alone looks the same to the network everywhere."""
    coarse = rng.uniform(-1, 1, size=(*shape, 4, 2, 3))
    return tf.constant(coarse.repeat(HEIGHT // 4, axis=-3).repeat(WIDTH // 2, axis=-2), tf.float32)


def normalize(norm, y):
    scale = norm.gamma.numpy() / np.sqrt(norm.moving_variance.numpy() + 1e-3)
    return (y - norm.moving_mean.numpy()) * scale + norm.beta.numpy()


def read(references, keys, values):
    """Eq. 3: what one image's keys, [heads, L, d_k], read from a memory; heads side by side."""
    reads = []
    for head in range(len(references)):
        scores = references[head] @ keys[head].T / math.sqrt(keys.shape[-1])
        weights = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        reads.append(weights @ values[head])
    return np.concatenate(reads, axis=1)


def score_pair(network, query, gallery):
    """Eq. 3 to 6 for the memories of two images, with nothing kept from any other pair."""
    fusion, comparison, score = network.co_attention.fusion, network.comparison, network.score
    sides = [
        np.maximum(normalize(fusion.norm, read(query[0], *memory) @ fusion.kernel.numpy()), 0)
        for memory in (query, gallery)
    ]
    both = np.concatenate(sides, axis=1) @ comparison.kernel.numpy()
    c = np.maximum(normalize(comparison.norm, both), 0)
    hidden = normalize(score.norm, c.reshape(-1) @ score.kernel.numpy())
    return np.maximum(hidden, 0) @ score.score_kernel.numpy()[:, 0] + score.score_bias.numpy()[0]


def select(memory, index):
    return [part.numpy()[index] for part in memory]


def test_a_block_holds_the_papers_score_of_every_pair(network, queries, gallery):
    scores = network.match(queries, gallery)
    assert scores.shape == (2, 3) and scores.dtype == tf.float32
    for q, g in np.ndindex(2, 3):
        expected = score_pair(network, select(queries, q), select(gallery, g))
        np.testing.assert_allclose(scores[q, g], expected, rtol=1e-4)
    assert np.std(scores, axis=1).min() > 0.01  # the gallery image does matter


def test_sets_score_as_the_block_does(network, queries, gallery):
    """Set 0 holds the gallery images 0, 1, 2 and set 1 the images 2, 0, 1."""
    chosen = np.array([[0, 1, 2], [2, 0, 1]])
    sets = Memory(*(tf.gather(part, chosen) for part in gallery))
    block = network.match(queries, gallery).numpy()
    expected = np.take_along_axis(block, chosen, axis=1)
    np.testing.assert_allclose(network.match(queries, sets), expected, rtol=1e-5)


def test_a_mutual_set_scores_as_the_block_does(network, queries, gallery):
    sides = [Memory(*(part[tf.newaxis] for part in side)) for side in (queries, gallery)]
    block = network.match(queries, gallery)
    np.testing.assert_allclose(network.match(*sides)[0], block, rtol=1e-5)


def test_a_prepared_query_scores_as_its_memory_does(network, queries, gallery):
    prepared = network.prepare_query(queries)
    expected = network.match(queries, gallery)
    np.testing.assert_allclose(network.match(prepared, gallery), expected, rtol=1e-5)
    sets = Memory(*(tf.stack([part, part[::-1]]) for part in gallery))
    np.testing.assert_allclose(
        network.match(prepared, sets), network.match(queries, sets), rtol=1e-5
    )


def test_cached_memories_score_as_the_whole_network_does_pair_by_pair(network, rng):
    queries, gallery = make_images(rng, 2), make_images(rng, 3)
    cached = network.match(network.memorize(queries), network.memorize(gallery))
    for q, g in np.ndindex(2, 3):
        naive = network(tf.stack([queries[q], gallery[g]])[tf.newaxis])
        np.testing.assert_allclose(cached[q, g], naive[0, 0], rtol=1e-4)


def test_the_blocks_size_changes_no_score(network, rng):
    gallery = network.memorize(make_images(rng, 5))
    queries = network.memorize(make_images(rng, 2))
    parts = [
        network.match(queries, Memory(*(part[start : start + 2] for part in gallery)))
        for start in (0, 2, 4)
    ]
    whole = network.match(queries, gallery)
    np.testing.assert_allclose(tf.concat(parts, axis=1), whole, rtol=1e-4)


def test_training_is_a_batch_of_all_pairs_each_with_both_sides(rng):
    """Sets of 3 are trained as 6 sets of 1 would be, with the query written out three times."""
    queries, gallery = make_images(rng, 2), make_images(rng, 2, 3)
    outputs, averages = [], []
    for written_out in (False, True):
        network = make_network(batch_norm_decay=0.5)
        query = network.memorize(queries)
        images = Memory(*(tf.reshape(p, [6, *p.shape[1:]]) for p in _memorize(network, gallery)))
        if written_out:
            query = Memory(*(tf.repeat(part, 3, axis=0) for part in query))
            images = Memory(*(part[:, tf.newaxis] for part in images))
        else:
            images = Memory(*(tf.reshape(p, [2, 3, *p.shape[1:]]) for p in images))
        outputs.append(tf.reshape(network.match(query, images, training=True), [6]))
        averages.append([v for v in network.non_trainable_variables if "Inception" not in v.name])
    np.testing.assert_allclose(*outputs, rtol=1e-3)
    for one, other in zip(*averages):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def _memorize(network, images):
    return network.memorize(tf.reshape(images, [-1, HEIGHT, WIDTH, 3]))


def test_all_images_of_a_call_are_memorized_as_one_batch(rng):
    sets = make_images(rng, 2, 3)
    whole, steps = make_network(batch_norm_decay=0.5), make_network(batch_norm_decay=0.5)
    scores = whole(sets, training=True)
    memory = steps.memorize(tf.reshape(sets, [-1, HEIGHT, WIDTH, 3]), training=True)
    query = Memory(*(part[::3] for part in memory))
    gallery = Memory(*(tf.stack([part[1:3], part[4:6]]) for part in memory))
    np.testing.assert_allclose(scores, steps.match(query, gallery, training=True), rtol=1e-4)
    for one, other in zip(whole.variables, steps.variables):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("training", [True, False])
def test_the_setwise_loss_of_an_untrained_network_is_the_logarithm_of_m(rng, training):
    network = KvmMn(KvmMnOptions(**SMALL, feature_dim=64, score_dim=512))
    losses = compute_setwise_losses(
        network(make_images(rng, 4, 6), training=training), [0, 4, 2, 1]
    )
    np.testing.assert_allclose(tf.reduce_mean(losses), math.log(5), rtol=0.05)


def test_the_papers_sizes():
    """98 locations; parameters as counted from the equations, batch norm's included."""
    network = make_kvm_mn(KvmMnOptions(), 224, 112)
    memory = network.memorize(tf.zeros([1, 224, 112, 3]))
    assert memory.keys.shape == memory.values.shape == (1, 4, 98, 64)
    assert network.map_size(224, 112) == (14, 7)
    counts = {
        "features": 832 * 512 + 2 * 512,
        "memory": 2 * (512 * 256 + 2 * 256),
        "co_attention": 256 * 512 + 2 * 512,
        "comparison": 1024 * 512 + 2 * 512,
        "score": 98 * 512 * 512 + 2 * 512 + 512 + 1,
    }
    for name, count in counts.items():
        variables = getattr(network, name).trainable_variables
        assert sum(int(np.prod(variable.shape)) for variable in variables) == count, name


def test_attention_maps_say_where_each_head_looks(network, queries, gallery):
    other = Memory(*(part[:2] for part in gallery))
    own_maps, other_maps = network.attention_maps(queries, other)
    assert own_maps.shape == other_maps.shape == (2, 2, 8, 8)
    for maps, memory in ((own_maps, queries), (other_maps, other)):
        for b, head in np.ndindex(2, 2):
            products = queries.keys[b, head].numpy() @ memory.keys[b, head].numpy().T
            weights = np.exp(products / math.sqrt(3))
            expected = weights / weights.sum(axis=1, keepdims=True)
            np.testing.assert_allclose(maps[b, head], expected, rtol=1e-4)


def test_the_size_of_the_map_is_known_without_an_image(network):
    assert network.map_size(HEIGHT, WIDTH) == (4, 2)
    odd = network.backbone(tf.zeros([1, 33, 20, 3]))
    assert network.map_size(33, 20) == tuple(odd.shape[1:3]) == (5, 3)


def test_options_reach_the_layers(rng):
    plain = make_network(position_embedding=False, feature_norm=False, score_norm=False)
    assert plain.position is None and plain.score.norm is None
    assert plain.features.bias.shape == (8,) and not plain.features.rectify
    shared = make_network(key_equals_value=True, value_dim=3, sync_matching_norm=True)
    memory = shared.memorize(make_images(rng, 1))
    np.testing.assert_array_equal(memory.keys, memory.values)
    assert shared.features.rectify
    norms = [shared.features.norm, shared.co_attention.fusion.norm, shared.comparison.norm]
    assert all(norm.synchronized for norm in [*norms, shared.score.norm, shared.memory.key.norm])


def test_positions_reach_the_memory(network):
    """A blank image looks the same at every inner location, but for where it lies."""
    blank = network.memorize(tf.zeros([1, HEIGHT, WIDTH, 3])).keys[0].numpy()
    assert np.abs(blank[:, 2] - blank[:, 4]).max() > 1e-2


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_memories_in_low_precision_change_scores_a_little(network, queries, gallery, dtype):
    """They are computed with in float32: rounded numbers, not rounded sums."""
    exact = network.match(queries, gallery).numpy()
    kept = [Memory(*(tf.cast(part, dtype) for part in side)) for side in (queries, gallery)]
    wide = [Memory(*(tf.cast(part, tf.float32) for part in side)) for side in kept]
    low = network.match(*kept)
    np.testing.assert_array_equal(low, network.match(*wide))
    change = np.abs(low - exact).max() / np.abs(exact).max()
    assert 0 < change < (2e-3 if dtype == "float16" else 2e-2)


@pytest.mark.parametrize(("policy", "bound"), [("mixed_float16", 1e-2), ("mixed_bfloat16", 4e-2)])
def test_the_whole_network_in_mixed_precision_scores_nearly_the_same(network, rng, policy, bound):
    sets = make_images(rng, 2, 4)
    exact = network(sets).numpy()
    tf.keras.mixed_precision.set_global_policy(policy)
    low = make_kvm_mn(network.options, HEIGHT, WIDTH)
    low.set_weights(network.get_weights())
    assert low.memory.compute_dtype == policy[len("mixed_") :]
    assert low.memorize(sets[0]).keys.dtype == low.memory.compute_dtype
    scores = low(sets)
    assert scores.dtype == tf.float32 and np.isfinite(scores).all()
    change = np.abs(scores - exact).max() / np.abs(exact).max()
    assert 0 < change < bound


def test_pooled_features_are_the_maps_mean(network, rng):
    images = make_images(rng, 2)
    expected = network.backbone(images).numpy().reshape(2, 8, 256).mean(axis=1)
    np.testing.assert_allclose(network.pool(images), expected, rtol=1e-4, atol=1e-5)


def test_a_prepared_query_is_refused_in_training(network, queries, gallery):
    with pytest.raises(ValueError, match="A prepared query holds inference's numbers"):
        network.match(network.prepare_query(queries), gallery, training=True)
