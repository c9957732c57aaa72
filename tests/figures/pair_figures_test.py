"""Pictures of an evaluation by pairs, with a small KVM-MN on tiny images."""

import dataclasses
import os
import types

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfreid.data.dataset import Dataset, Split, make_empty_split
from tfreid.data.transforms import normalize_image, read_image
from tfreid.errors import InputError
from tfreid.evaluation.protocols import Measures
from tfreid.figures import pair_figures, ranked_groups
from tfreid.figures.lettering import describe_number
from tfreid.figures.pair_figures import draw_co_attention_pictures, draw_pair_pictures
from tfreid.systems.kvm_mn.network import make_kvm_mn
from tfreid.systems.kvm_mn.options import KvmMnDataOptions, KvmMnOptions
from tfreid.systems.matching.memories import memorize_split
from tfreid.systems.matching.options import PairScoringOptions
from tfreid.systems.matching.pair_scores import PairScorer
from tfreid.systems.matching.pair_scoring import PairRetrieval

pytestmark = pytest.mark.usefixtures("functions_run_eagerly")

DATA = KvmMnDataOptions(height=32, width=16)  # a map of 4 x 2 after Mixed_3b
OPTIONS = KvmMnOptions(
    final_endpoint="Mixed_3b",
    feature_dim=8,
    num_heads=3,
    key_dim=3,
    value_dim=4,
    batch_norm_decay=0.2,
)


@pytest.fixture(scope="module")
def network():
    """Reacts to what it sees: batch norm's averages are those of patterns like the images'."""
    tf.keras.utils.set_random_seed(0)
    network = make_kvm_mn(OPTIONS, DATA.height, DATA.width)
    rng = np.random.default_rng(0)
    kernel = network.score.score_kernel
    kernel.assign(rng.uniform(1, 2, kernel.shape))  # scores unlike zero
    for key_kernel in (network.memory.key.kernel, network.memory.value.kernel):
        key_kernel.assign(2 * key_kernel)  # heads that look somewhere
    for _ in range(3):
        network(make_patterns(rng, 2, 4) / 127.5 - 1, training=True)
    return network


def make_patterns(rng, *shape):
    """Coarse patterns of random colors, [*shape, 32, 16, 3] in [0, 255]: noise looks all alike."""
    coarse = rng.integers(0, 256, (*shape, 4, 2, 3))
    return coarse.repeat(8, axis=-3).repeat(8, axis=-2).astype(np.float32)


def make_split(folder, name, rows):
    """Writes an image per (pid, camid) and returns the split."""
    paths = []
    for i, (pid, camid) in enumerate(rows):
        paths.append(os.path.join(folder, f"{name}_{pid:04d}_c{camid}_{i}.png"))
        pixels = make_patterns(np.random.default_rng([pid, camid, i])).astype(np.uint8)
        Image.fromarray(pixels).save(paths[-1])
    pids, camids = np.array(rows).T
    return Split(tuple(paths), pids, camids)


@pytest.fixture
def retrieval(tmp_path):
    """Four people; the third query's best image is wrong, the fourth has no match."""
    query = make_split(tmp_path, "query", [(1, 1), (2, 1), (3, 1), (4, 1)])
    gallery = make_split(tmp_path, "gallery", [(1, 2), (2, 2), (3, 2), (3, 1)])
    dataset = Dataset("tiny", str(tmp_path), make_empty_split(), query, gallery)
    indices = np.array([[0, 1, 2], [1, 0, 2], [0, 2, -1], [0, 1, 2]])
    scores = np.array([[3.2, 2, 1], [9, 8, 7], [5, 4, np.nan], [3, 2, 1]], np.float32)
    options = PairScoringOptions()
    precision = np.array([100.0, 90.0, 50.0, np.nan])
    measures = Measures(types.SimpleNamespace(average_precision=precision))
    return PairRetrieval(dataset, measures, indices, scores, options)


def test_every_picture_has_its_name(network, retrieval):
    pictures = draw_pair_pictures(network, retrieval, DATA, "KVM-MN")
    assert list(pictures) == [
        "ranked/tiny/random",
        "co_attention/tiny/person_1",
        "co_attention/tiny/person_2",
        "co_attention/tiny/mistake",
    ]
    assert all(picture.dtype == np.uint8 and picture.ndim == 3 for picture in pictures.values())


def test_sheets_show_the_scores_in_the_order_given(network, retrieval, monkeypatch):
    calls = []
    monkeypatch.setattr(ranked_groups, "draw_sheet", lambda *given: calls.append(given))
    options = PairScoringOptions(shortlist=2, symmetric=True)
    pair_figures.draw_scored_sheets(dataclasses.replace(retrieval, options=options), "KVM-MN")
    lists, title, metric, measure, _ = calls[0]
    assert title == "KVM-MN on tiny: queries at random, the same ones in every evaluation"
    legend = "score of the pair (the higher, the more alike)"
    assert metric == f"{legend}, shortlist 2, symmetric" and measure == "score"
    drawn = {ranked.label: ranked for ranked in lists}
    assert sorted(drawn) == ["id 1 · cam 1", "id 2 · cam 1", "id 3 · cam 1"]
    matches = drawn["id 3 · cam 1"].matches
    assert drawn["id 3 · cam 1"].average_precision == 50
    assert [(m.pid, m.camid, m.value, m.correct) for m in matches] == [
        (1, 2, 5.0, False),
        (3, 2, 4.0, True),
    ]


def test_co_attention_shows_a_pair_as_the_network_sees_it(network, retrieval, monkeypatch):
    """Maps and score against the network's own, called for this pair alone."""
    calls = []

    def record(*arguments, **words):
        calls.append((arguments, words))
        return np.zeros((4, 4, 3), np.uint8)

    monkeypatch.setattr(pair_figures, "draw_co_attention", record)
    draw_co_attention_pictures(network, retrieval, DATA, "KVM-MN", people=3)
    assert len(calls) == 4
    (first, second, query_maps, other_maps, map_size), words = calls[-1]
    assert map_size == (4, 2) and query_maps.shape == other_maps.shape == (3, 8, 8)
    dataset = retrieval.dataset
    for image, path in ((first, dataset.query.paths[2]), (second, dataset.gallery.paths[0])):
        np.testing.assert_array_equal(image, read_image(path, 32, 16))
    query, gallery = (
        network.memorize(normalize_image(image[np.newaxis], "inception"))
        for image in (first, second)
    )
    swapped = network.attention_maps(gallery, query)
    expected = network.attention_maps(query, gallery)
    for maps, one, other in zip((query_maps, other_maps), expected, swapped):
        np.testing.assert_allclose(maps, one[0], rtol=1e-4, atol=1e-6)
        assert np.abs(maps - other[0]).max() > 0.02  # the roles do matter
    assert np.abs(query_maps - other_maps).max() > 0.02
    score, back = (
        float(network.match(*pair)[0, 0]) for pair in ((query, gallery), (gallery, query))
    )
    assert abs(score - back) > 0.05
    assert words["title"] == (
        f"KVM-MN on tiny: id 3 · cam 1 and id 1 · cam 2: another person, "
        f"score {describe_number(score)}"
    )
    assert words["names"] == ("query", "gallery image")
    for arguments, words in calls[:-1]:
        assert "the same person" in words["title"] and arguments[4] == (4, 2)


@pytest.mark.parametrize(("symmetric", "dtype"), [(False, "float32"), (True, "bfloat16")])
def test_a_pictures_score_is_that_of_the_evaluation(
    network, retrieval, monkeypatch, symmetric, dtype
):
    options = PairScoringOptions(symmetric=symmetric, memory_dtype=dtype)
    titles = []

    def record(*_, title, **__):
        titles.append(title)
        return np.zeros((4, 4, 3), np.uint8)

    monkeypatch.setattr(pair_figures, "draw_co_attention", record)
    draw_co_attention_pictures(
        network, dataclasses.replace(retrieval, options=options), DATA, "KVM-MN"
    )
    query, gallery = (
        memorize_split(network, split, DATA, options, as_queries=True)
        for split in (retrieval.dataset.query, retrieval.dataset.gallery)
    )
    scores = np.concatenate(list(PairScorer(network, query, gallery, options).score_all()))
    assert titles[-1].endswith("another person, score " + describe_number(float(scores[2, 0])))


def test_nobody_seen_twice_and_nothing_mistaken_make_no_co_attention(network, retrieval):
    retrieval.dataset.gallery.camids[:] = 1
    retrieval.indices[2, 0] = 2
    assert draw_co_attention_pictures(network, retrieval, DATA, "KVM-MN") == {}


def test_a_gallery_image_that_vanished_is_named(network, retrieval):
    os.remove(retrieval.dataset.gallery.paths[0])
    with pytest.raises(InputError, match=r"gallery_0001_c2_0.png: cannot be read"):
        draw_pair_pictures(network, retrieval, DATA, "KVM-MN")
