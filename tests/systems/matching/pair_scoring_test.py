"""The evaluation by pairs, against scores of one pair at a time through the whole network."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tfreid.data.dataset import JUNK_PID, make_empty_split
from tfreid.data.preparing import read_eval_batches
from tfreid.data.readers import read_dataset
from tfreid.data.specs import SINGLE_GALLERY_SHOT
from tfreid.errors import InputError
from tfreid.evaluation.protocols import measure_blocks
from tfreid.evaluation.ranking import rank
from tfreid.evaluation.retrieval import drop_junk
from tfreid.evaluation.single_gallery_shot import DROP_CAMERA, DROP_IDENTITY
from tfreid.systems.kvm_mn.network import make_kvm_mn
from tfreid.systems.kvm_mn.options import KvmMnDataOptions, KvmMnOptions
from tfreid.systems.matching import pair_scoring
from tfreid.systems.matching.memories import memorize_split
from tfreid.systems.matching.options import PairScoringOptions
from tfreid.systems.matching.pair_scoring import TOP, evaluate_pairs

OPTIONS = PairScoringOptions(evaluation_batch=5, query_block=4, gallery_block=6)
EAGERLY = pytest.mark.usefixtures("functions_run_eagerly")  # graphs are the first test's
_SCORES = {}


@pytest.fixture
def data(market_folder):
    folder = market_folder(ids=3, cameras=2, images=2, junk=2, distractors=1)
    return KvmMnDataOptions(dataset="folder", data_dir=folder, height=32, width=16)


@pytest.fixture
def dataset(data):
    return read_dataset(data)


@pytest.fixture(scope="module")
def network():
    """Untrained, but with batch norm used to images, and a last layer that matters."""
    tf.keras.utils.set_random_seed(3)
    options = KvmMnOptions(
        final_endpoint="Mixed_3b",
        feature_dim=8,
        num_heads=2,
        key_dim=4,
        value_dim=4,
        batch_norm_decay=0.5,
    )
    network = make_kvm_mn(options, 32, 16)
    network.score.score_kernel.assign(tf.random.normal(network.score.score_kernel.shape))
    for _ in range(8):
        network(tf.random.uniform([3, 3, 32, 16, 3], -1.0, 1.0), training=True)
    return network


def score_one_by_one(network, dataset, data):
    """Returns float32[Q, G] without junk, and the same with the roles exchanged.

    Made once for all tests, which draw the same images of the same people.
    """
    gallery = dataset.gallery.take(dataset.gallery.pids != JUNK_PID)
    people = (*dataset.query.pids, *gallery.pids)
    if people not in _SCORES:
        _SCORES[people] = score_both_ways(
            network,
            *(
                np.concatenate([images for _, images in read_eval_batches(split, data, 3)])
                for split in (dataset.query, gallery)
            ),
        )
    return _SCORES[people]


def score_both_ways(network, query, gallery):
    spec = tf.TensorSpec([1, 2, 32, 16, 3], tf.float32)
    score = tf.function(network).get_concrete_function(spec)  # a graph wherever it is called
    there = [[score(tf.constant([[q, g]]))[0, 0] for g in gallery] for q in query]
    back = [[score(tf.constant([[g, q]]))[0, 0] for g in gallery] for q in query]
    return np.array(there), np.array(back)


def rank_scores(scores, dataset):
    """Returns the metrics of given scores: distances that have the same order are ranked."""
    gallery = dataset.gallery.take(dataset.gallery.pids != JUNK_PID)
    query = dataset.query
    # Each query is a point at 0 in its own dimension, a gallery image lies -score away in all.
    blocks = []
    for row in range(len(query)):
        distances = scores[row].max() - scores[row]
        blocks.append(
            rank(
                np.zeros((1, 1), np.float32),
                distances[:, np.newaxis].astype(np.float32),
                query.pids[row : row + 1],
                gallery.pids,
                query.camids[row : row + 1],
                gallery.camids,
            ).to_metrics()
        )
    return {name: np.mean([block[name] for block in blocks]) for name in ("mAP", "rank1", "mINP")}


def assert_scores(found, expected):
    rows, shown = np.arange(len(expected))[:, np.newaxis], found.indices >= 0
    expected = expected[rows, found.indices]
    np.testing.assert_allclose(found.scores[shown], expected[shown], rtol=1e-4, atol=1e-5)


def assert_measures(found, expected):
    metrics = found.result.to_metrics()
    for name, value in expected.items():
        assert metrics[name] == pytest.approx(value, abs=1e-6), name


def test_scores_and_measures_are_those_of_single_pairs(network, dataset, data):
    found = evaluate_pairs(network, dataset, data, OPTIONS)
    scores, _ = score_one_by_one(network, dataset, data)
    assert scores.std() > 0.01
    assert_measures(found, rank_scores(scores, dataset))
    assert_scores(found, scores)


@EAGERLY
def test_memories_are_kept_for_the_same_network_and_images(
    network, dataset, data, tmp_path, monkeypatch
):
    options = dataclasses.replace(OPTIONS, memory_dtype="float16", symmetric=True)
    first = evaluate_pairs(network, dataset, data, options, str(tmp_path))
    monkeypatch.setattr(pair_scoring, "memorize_split", None)  # whoever calls it fails
    second = evaluate_pairs(network, dataset, data, options, str(tmp_path))
    np.testing.assert_array_equal(first.scores, second.scores)
    np.testing.assert_array_equal(first.pictures, second.pictures)
    with pytest.raises(TypeError):
        evaluate_pairs(network, dataset, data, OPTIONS, str(tmp_path))


@EAGERLY
def test_the_top_is_what_counts_for_the_query_from_the_best_on(network, dataset, data):
    found = evaluate_pairs(network, dataset, data, OPTIONS)
    query, gallery = found.dataset.query, found.dataset.gallery
    assert found.indices.shape == (len(query), TOP) and not (gallery.pids == JUNK_PID).any()
    for row, (indices, scores) in enumerate(zip(found.indices, found.scores)):
        indices, scores = indices[indices >= 0], scores[~np.isnan(scores)]
        same = gallery.pids[indices] == query.pids[row]
        assert not (same & (gallery.camids[indices] == query.camids[row])).any()
        assert (np.diff(scores) <= 0).all() and len(indices) == len(scores)


@EAGERLY
def test_symmetric_scores_are_the_mean_of_both_directions(network, dataset, data):
    options = dataclasses.replace(OPTIONS, symmetric=True)
    found = evaluate_pairs(network, dataset, data, options)
    there, back = score_one_by_one(network, dataset, data)
    assert np.abs(there - back).max() > 0.01
    assert_measures(found, rank_scores((there + back) / 2, dataset))
    assert_scores(found, (there + back) / 2)


@EAGERLY
@pytest.mark.parametrize("symmetric", [False, True])
def test_a_shortlist_of_the_whole_gallery_changes_nothing(network, dataset, data, symmetric):
    full = dataclasses.replace(OPTIONS, symmetric=symmetric)
    all_but_none = dataclasses.replace(full, shortlist=99)
    first, second = (evaluate_pairs(network, dataset, data, o) for o in (full, all_but_none))
    assert first.result.to_metrics() == second.result.to_metrics()
    assert second.options == full  # nothing was left out, and so it says
    np.testing.assert_array_equal(first.indices, second.indices)


@EAGERLY
@pytest.mark.parametrize("symmetric", [False, True])
def test_a_shortlist_is_matched_and_the_rest_follows_by_pooled_features(
    network, dataset, data, symmetric
):
    options = dataclasses.replace(OPTIONS, shortlist=4, symmetric=symmetric)
    found = evaluate_pairs(network, dataset, data, options)
    there, back = score_one_by_one(network, dataset, data)
    scores = (there + back) / 2 if symmetric else there
    query, gallery = found.dataset.query, found.dataset.gallery
    same_camera = query.camids[:, np.newaxis] == gallery.camids
    never = same_camera & (query.pids[:, np.newaxis] == gallery.pids)
    expected = order_by_hand(network, found.dataset, data, scores, 4, never)
    assert_measures(found, rank_scores(expected, dataset))
    assert (np.sum(found.indices >= 0, axis=1) == 4).all()  # every place is one that counts
    assert found.options == options


def order_by_hand(network, dataset, data, scores, size, never):
    """Returns made-up scores: of the nearest of those that count in order, then of all others."""
    query, gallery = (
        memorize_split(network, side, data, OPTIONS).pooled
        for side in (dataset.query, dataset.gallery)
    )
    distances = ((query[:, np.newaxis] - gallery) ** 2).sum(axis=2)
    expected = np.zeros_like(scores)
    for row, columns in enumerate(np.argsort(distances, axis=1)):
        near = columns[~never[row, columns]][:size]
        best = near[np.argsort(-scores[row, near])]
        rest = columns[~np.isin(columns, near)]
        expected[row, np.concatenate([best, rest])] = -np.arange(len(columns))
    return expected


@EAGERLY
def test_each_rule_of_a_single_gallery_shot_has_k_images_that_count(network, dataset, data):
    dataset = drop_junk(dataclasses.replace(dataset, name="cuhk01"))
    dataset = dataclasses.replace(dataset, query=dataset.gallery.take(dataset.gallery.pids > 0))
    options = dataclasses.replace(OPTIONS, shortlist=3)
    found = evaluate_pairs(network, dataset, data, options)
    scores, _ = score_one_by_one(network, dataset, data)
    query, gallery = dataset.query, dataset.gallery
    same_camera = query.camids[:, np.newaxis] == gallery.camids
    never = {
        DROP_CAMERA: same_camera,
        DROP_IDENTITY: same_camera & (query.pids[:, np.newaxis] == gallery.pids),
    }
    assert [result.rule for result in found.measures.single_shots] == list(never)
    for place, rule in enumerate(never):
        expected = order_by_hand(network, dataset, data, scores, 3, never[rule])
        measured = measure_blocks([-expected], query, gallery, SINGLE_GALLERY_SHOT)
        result = found.measures.single_shots[place].to_metrics()
        assert result == pytest.approx(measured.single_shots[place].to_metrics()), rule
        if rule == DROP_IDENTITY:
            assert found.result.to_metrics() == pytest.approx(measured.all_pairs.to_metrics())


@EAGERLY
@pytest.mark.parametrize("shortlist", [0, 4])
def test_scores_that_are_not_finite_are_refused(network, dataset, data, shortlist, monkeypatch):
    def match(query, gallery, training=False):
        return tf.fill([len(query.keys), len(gallery.keys)], np.nan)

    monkeypatch.setattr(network, "match", match, raising=False)
    options = dataclasses.replace(OPTIONS, shortlist=shortlist)
    with pytest.raises(InputError, match="a distance or score is not finite"):
        evaluate_pairs(network, dataset, data, options)


@EAGERLY
def test_sizes_of_blocks_change_no_score(network, dataset, data):
    other = PairScoringOptions(evaluation_batch=64, query_block=1, gallery_block=64)
    first, second = (evaluate_pairs(network, dataset, data, o) for o in (OPTIONS, other))
    np.testing.assert_array_equal(first.indices, second.indices)
    np.testing.assert_allclose(first.scores, second.scores, rtol=1e-4, atol=1e-5)


@EAGERLY
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_memories_of_16_bits_take_half_the_space_and_give_nearly_the_same(
    network, dataset, data, dtype
):
    options = dataclasses.replace(OPTIONS, memory_dtype=dtype)
    memories = memorize_split(network, dataset.query, data, options)
    full = memorize_split(network, dataset.query, data, OPTIONS)
    assert memories.keys.nbytes * 2 == full.keys.nbytes
    near = 1e-2 if dtype == "bfloat16" else 2e-3
    np.testing.assert_allclose(memories.keys.astype(np.float32), full.keys, rtol=near, atol=1e-4)
    found = evaluate_pairs(network, dataset, data, options)
    exact = evaluate_pairs(network, dataset, data, OPTIONS)
    best = (found.scores[:, 0], exact.scores[:, 0])
    np.testing.assert_allclose(*best, atol=0.1 * np.nanstd(exact.scores))


@EAGERLY
def test_equal_scores_are_chance(network, dataset, data, monkeypatch):
    """All scores equal: AP as it is expected of a random order, not of a lucky one."""

    def match(query, gallery, training=False):
        return tf.zeros([len(query.keys), len(gallery.keys)])

    monkeypatch.setattr(network, "match", match, raising=False)
    found = evaluate_pairs(network, dataset, data, OPTIONS)
    zeros = np.zeros((len(dataset.query), (dataset.gallery.pids != JUNK_PID).sum()))
    assert_measures(found, rank_scores(zeros, dataset))
    assert found.result.to_metrics()["rank1"] < 60


def test_a_data_set_without_queries_is_refused(network, dataset, data):
    empty = dataclasses.replace(dataset, query=make_empty_split())
    with pytest.raises(InputError, match="0 query and"):
        evaluate_pairs(network, empty, data, OPTIONS)


def test_a_shortlist_below_zero_is_refused():
    with pytest.raises(InputError, match="shortlist=-1"):
        PairScoringOptions(shortlist=-1)
