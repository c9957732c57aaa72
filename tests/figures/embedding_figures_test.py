"""Pictures of a whole evaluation, on a folder of tiny images."""

import dataclasses
import os
import types

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format
from PIL import Image
from tensorboard.plugins.projector import ProjectorConfig

from tfreid.data.dataset import Dataset, Split, make_empty_split
from tfreid.data.labels import Labels
from tfreid.data.transforms import normalize_image, read_image
from tfreid.errors import InputError
from tfreid.evaluation.ranking import rank
from tfreid.figures import embedding_figures, ranked_groups
from tfreid.figures.embedding_figures import (
    draw_attention_pictures,
    draw_pictures,
    draw_ranked_sheets,
    write_run_projector,
)
from tfreid.options.data import DataOptions

DATA = DataOptions(height=48, width=16)


def make_split(folder, name, rows):
    """Writes an image per (pid, camid) and returns the split."""
    paths = []
    for i, (pid, camid) in enumerate(rows):
        path = os.path.join(folder, f"{name}_{pid:04d}_c{camid}_{i}.png")
        pixels = np.random.default_rng(i).integers(0, 256, (40, 20, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path)
        paths.append(path)
    pids, camids = np.array(rows).T
    return Split(tuple(paths), pids, camids)


@pytest.fixture
def retrieval(tmp_path):
    """Five identities by two cameras, one distractor; features are two numbers per image."""
    query = make_split(tmp_path, "query", [(pid, 1) for pid in range(1, 6)])
    others = make_split(
        tmp_path, "gallery", [(p, c) for p in range(1, 6) for c in (1, 2)] + [(0, 2)]
    )
    numbers = np.random.default_rng(0)
    features = [
        numbers.standard_normal((len(side), 2)).astype(np.float32) for side in (query, others)
    ]
    result = rank(*features, query.pids, others.pids, query.camids, others.camids)
    dataset = Dataset("tiny", str(tmp_path), make_empty_split(), query, others)
    return types.SimpleNamespace(
        dataset=dataset,
        query_embeddings=features[0],
        gallery_embeddings=features[1],
        result=result,
    )


class Network:
    """Attends to the position below, wrapping around; remembers what it saw."""

    def __init__(self, layers=("stage2",)):
        self.layers = layers

    def attention_maps(self, images):
        self.images = images
        delta = np.roll(np.eye(18).reshape(6, 3, 6, 3), 1, axis=2)
        return {name: tf.tile(delta[None], [len(images), 1, 1, 1, 1]) for name in self.layers}


def test_sheets_of_three_groups_are_named_after_the_data_set(retrieval):
    pictures = draw_ranked_sheets(retrieval, "SONA-Net", count=1)
    assert list(pictures) == ["tiny/best", "tiny/random", "tiny/worst"]
    assert all(picture.dtype == np.uint8 and picture.ndim == 3 for picture in pictures.values())


def test_titles_name_the_system_of_the_network(retrieval, monkeypatch):
    titles = []
    monkeypatch.setattr(
        ranked_groups,
        "draw_sheet",
        lambda lists, title, metric, *_: titles.append((title, metric)),
    )
    pictures = draw_pictures(Network(), retrieval, DATA, "SONA-Net")
    assert list(pictures) == ["ranked/tiny/random", "ranked/tiny/worst", "attention/tiny/stage2"]
    text = "SONA-Net on tiny: queries at random, the same ones in every evaluation"
    assert titles[0] == (text, "Euclidean distance")


def test_matches_are_near_first_without_the_queries_own_camera(retrieval, monkeypatch):
    """Against a plain sort of all distances."""
    drawn = []

    monkeypatch.setattr(ranked_groups, "draw_sheet", lambda lists, *_: drawn.extend(lists))
    draw_ranked_sheets(retrieval, "SONA-Net", count=2)
    assert len(drawn) == 5
    query, others = retrieval.dataset.query, retrieval.dataset.gallery
    for ranked in drawn:
        matches = ranked.matches
        row = [os.path.basename(path) for path in query.paths].index(ranked.name)
        pid = query.pids[row]
        assert ranked.label == f"id {pid} · cam 1"
        assert ranked.average_precision == retrieval.result.average_precision[row]
        gaps = retrieval.gallery_embeddings - retrieval.query_embeddings[row]
        distances = np.linalg.norm(gaps, axis=1)
        counted = [
            i for i in np.argsort(distances) if (others.pids[i], others.camids[i]) != (pid, 1)
        ]
        assert [match.path for match in matches] == [others.paths[i] for i in counted]
        np.testing.assert_allclose([m.value for m in matches], distances[counted], rtol=1e-5)
        assert [match.correct for match in matches] == [others.pids[i] == pid for i in counted]


def test_a_distractor_is_no_match_of_a_query_that_is_nobody(retrieval, monkeypatch):
    """Both carry pid 0, which says nothing about being the same person."""
    drawn = []
    monkeypatch.setattr(ranked_groups, "draw_sheet", lambda lists, *_: drawn.extend(lists))
    retrieval.dataset.query.pids[:] = 0
    draw_ranked_sheets(retrieval, "SONA-Net", count=1)
    assert drawn and not any(match.correct for ranked in drawn for match in ranked.matches)


def test_attention_shows_two_views_of_each_person_as_the_network_saw_them(retrieval, monkeypatch):
    calls = []

    def record(views, **_):
        calls.append(views)
        return np.zeros((4, 4, 3), np.uint8)

    monkeypatch.setattr(embedding_figures, "draw_attention_figure", record)
    network = Network()
    assert list(draw_attention_pictures(network, retrieval, DATA, people=3)) == ["tiny/stage2"]
    (views,) = calls
    assert [view.label[-5:] for view in views] == ["cam 1", "cam 2"] * 3
    assert [view.label[:4] for view in views[::2]] == [view.label[:4] for view in views[1::2]]
    for view, seen in zip(views, network.images):
        np.testing.assert_array_equal(normalize_image(view.image, "imagenet"), seen)
        assert view.attention.shape == (6, 3, 6, 3)
    pid = int(views[1].label[3])
    path = retrieval.dataset.gallery.paths[2 * (pid - 1) + 1]
    np.testing.assert_array_equal(views[1].image, read_image(path, 48, 16))


def test_each_layer_has_a_figure_and_a_network_without_sona_none(retrieval):
    network = Network(layers=("stage2", "stage4_local"))
    pictures = draw_attention_pictures(network, retrieval, DATA, people=1)
    assert list(pictures) == ["tiny/stage2", "tiny/stage4_local"]
    assert (pictures["tiny/stage2"] != pictures["tiny/stage4_local"]).any()  # their titles differ
    assert draw_attention_pictures(Network(layers=()), retrieval, DATA) == {}


def test_nobody_seen_twice_makes_no_attention_figure(retrieval):
    retrieval.dataset.gallery.camids[:] = 1
    assert draw_attention_pictures(Network(), retrieval, DATA) == {}


def test_the_projector_holds_query_and_gallery_without_distractors(retrieval, tmp_path):
    path = write_run_projector(tmp_path / "projector", retrieval, step=12)
    with open(path, encoding="utf-8") as file:
        (entry,) = text_format.Parse(file.read(), ProjectorConfig()).embeddings
    assert entry.tensor_name == "tiny" and list(entry.tensor_shape) == [15, 2]
    with open(tmp_path / "projector" / entry.metadata_path, encoding="utf-8") as file:
        header, *lines = [line.split("\t") for line in file.read().splitlines()]
    assert header == ["image", "pid", "camid", "split", "file"]
    assert [line[3] for line in lines] == ["query"] * 5 + ["gallery"] * 10
    assert lines[0] == ["id 1 · cam 1", "1", "1", "query", "query_0001_c1_0.png"]
    assert lines[-1] == ["id 5 · cam 2", "5", "2", "gallery", "gallery_0005_c2_9.png"]
    vectors = np.loadtxt(tmp_path / "projector" / entry.tensor_path, delimiter="\t")
    expected = np.concatenate([retrieval.query_embeddings, retrieval.gallery_embeddings[:10]])
    np.testing.assert_allclose(vectors, expected, rtol=1e-5)


def test_without_identities_there_is_nothing_to_project(retrieval, tmp_path):
    retrieval.dataset.query.pids[:] = 0
    retrieval.dataset.gallery.pids[:] = 0
    assert write_run_projector(tmp_path / "projector", retrieval, step=12) is None


def test_a_gallery_image_that_vanished_is_named(retrieval):
    for path in retrieval.dataset.gallery.paths:
        os.remove(path)
    with pytest.raises(InputError, match=r"gallery_\d+_c\d_\d+\.png: cannot be read"):
        draw_ranked_sheets(retrieval, "SONA-Net")
    with pytest.raises(InputError, match=r"gallery_\d+_c\d_\d+\.png: cannot be read"):
        draw_attention_pictures(Network(), retrieval, DATA)


def test_the_projector_has_the_names_of_people_and_cameras(retrieval, tmp_path):
    labels = Labels({1: "anna"}, {1: "door"})
    dataset = retrieval.dataset
    query, gallery = (
        dataclasses.replace(split, labels=labels) for split in (dataset.query, dataset.gallery)
    )
    retrieval.dataset = dataclasses.replace(dataset, query=query, gallery=gallery)
    write_run_projector(str(tmp_path / "P"), retrieval, 0)
    (points,) = (tmp_path / "P").glob("*.metadata.tsv")
    lines = [line.split("\t") for line in points.read_text(encoding="utf-8").splitlines()]
    assert ["id anna · cam door", "anna", "door", "query"] in [line[:4] for line in lines]
    assert ["id 5 · cam 2", "5", "2", "gallery"] in [line[:4] for line in lines]
