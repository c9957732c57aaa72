"""Pictures of an evaluation by pairs, with a small KVM-MN on tiny images."""

import os

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfreid.data.records import Dataset, Split, make_empty_split
from tfreid.data.transforms import normalize_image, read_image
from tfreid.errors import InputError
from tfreid.models.kvm_mn import make_kvm_mn
from tfreid.options.data import KvmMnDataOptions
from tfreid.options.kvm_mn import KvmMnOptions
from tfreid.visual import pairs, ranked_groups
from tfreid.visual.pairs import PairRanking, draw_co_attention_pictures, draw_pair_pictures

DATA = KvmMnDataOptions(height=32, width=16)  # a map of 4 x 2 after Mixed_3b
OPTIONS = KvmMnOptions(
    final_endpoint="Mixed_3b", feature_dim=8, num_heads=3, key_dim=3, value_dim=4
)


@pytest.fixture(scope="module")
def network():
    tf.keras.utils.set_random_seed(0)
    network = make_kvm_mn(OPTIONS, DATA.height, DATA.width)
    rng = np.random.default_rng(0)
    network(rng.uniform(-1, 1, (2, 3, 32, 16, 3)).astype(np.float32), training=True)
    kernel = network.score.score_kernel
    kernel.assign(rng.uniform(1, 2, kernel.shape))  # scores unlike zero
    return network


def make_split(folder, name, rows):
    """Writes an image per (pid, camid) and returns the split."""
    paths = []
    for i, (pid, camid) in enumerate(rows):
        paths.append(os.path.join(folder, f"{name}_{pid:04d}_c{camid}_{i}.png"))
        pixels = np.random.default_rng(i).integers(0, 256, (40, 20, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(paths[-1])
    pids, camids = np.array(rows).T
    return Split(tuple(paths), pids, camids)


@pytest.fixture
def ranking(tmp_path):
    """Four people; the third query's best image is wrong, the fourth has no match."""
    query = make_split(tmp_path, "query", [(1, 1), (2, 1), (3, 1), (4, 1)])
    gallery = make_split(tmp_path, "gallery", [(1, 2), (2, 2), (3, 2), (3, 1)])
    dataset = Dataset("tiny", str(tmp_path), make_empty_split(), query, gallery)
    indices = np.array([[0, 1, 2], [1, 0, 2], [0, 2, -1], [0, 1, 2]])
    scores = np.array([[3.2, 2, 1], [9, 8, 7], [5, 4, np.nan], [3, 2, 1]], np.float32)
    return PairRanking(dataset, np.array([100.0, 90.0, 50.0, np.nan]), indices, scores)


def test_every_picture_has_its_name(network, ranking):
    pictures = draw_pair_pictures(network, ranking, DATA)
    assert list(pictures) == [
        "ranked/tiny/random",
        "co_attention/tiny/person_1",
        "co_attention/tiny/person_2",
        "co_attention/tiny/mistake",
    ]
    assert all(picture.dtype == np.uint8 and picture.ndim == 3 for picture in pictures.values())


def test_sheets_show_the_scores_in_the_order_given(network, ranking, monkeypatch):
    drawn = {}

    def record(query, label, matches, title, average_precision, columns, measure):
        drawn[label] = (matches, average_precision, measure)
        return np.zeros((4, 4, 3), np.uint8)

    titles = []
    monkeypatch.setattr(ranked_groups, "draw_ranked_sheet", record)
    monkeypatch.setattr(ranked_groups, "stack_sheets", lambda *words: titles.append(words[1:]))
    pairs.draw_scored_sheets(ranking, "KVM-MN")
    assert titles[0][0] == "KVM-MN on tiny: queries at random, the same ones in every evaluation"
    assert titles[0][1].startswith("score of the pair")
    assert sorted(drawn) == ["id 1 · cam 1", "id 2 · cam 1", "id 3 · cam 1"]
    matches, average_precision, measure = drawn["id 3 · cam 1"]
    assert average_precision == 50 and measure == "score"
    assert [(m.pid, m.camid, m.value, m.correct) for m in matches] == [
        (1, 2, 5.0, False),
        (3, 2, 4.0, True),
    ]


def test_co_attention_shows_a_pair_as_the_network_sees_it(network, ranking, monkeypatch):
    """Maps and score against the network's own, called for this pair alone."""
    calls = []

    def record(*arguments, **words):
        calls.append((arguments, words))
        return np.zeros((4, 4, 3), np.uint8)

    monkeypatch.setattr(pairs, "draw_co_attention", record)
    draw_co_attention_pictures(network, ranking, DATA, people=3)
    assert len(calls) == 4
    (first, second, query_maps, other_maps, map_size), words = calls[-1]
    assert map_size == (4, 2) and query_maps.shape == other_maps.shape == (3, 8, 8)
    dataset = ranking.dataset
    for image, path in ((first, dataset.query.paths[2]), (second, dataset.gallery.paths[0])):
        np.testing.assert_array_equal(image, read_image(path, 32, 16))
    query, gallery = (
        network.memorize(normalize_image(image[np.newaxis], "inception"))
        for image in (first, second)
    )
    for maps, expected in zip((query_maps, other_maps), network.attention_maps(query, gallery)):
        np.testing.assert_allclose(maps, expected[0], rtol=1e-4)
    score = float(network.match(query, gallery)[0, 0])
    assert abs(score) > 0.01
    assert words["title"] == (
        f"KVM-MN on tiny: id 3 · cam 1 and id 1 · cam 2: another person, score {score:.3f}"
    )
    assert words["names"] == ("query", "gallery image")
    for arguments, words in calls[:-1]:
        assert "the same person" in words["title"] and arguments[4] == (4, 2)


def test_nobody_seen_twice_and_nothing_mistaken_make_no_co_attention(network, ranking):
    ranking.dataset.gallery.camids[:] = 1
    ranking.indices[2, 0] = 2
    assert draw_co_attention_pictures(network, ranking, DATA) == {}


def test_a_gallery_image_that_vanished_is_named(network, ranking):
    os.remove(ranking.dataset.gallery.paths[0])
    with pytest.raises(InputError, match=r"gallery_0001_c2_0.png: no such image"):
        draw_pair_pictures(network, ranking, DATA)
