"""Embeddings are computed once for a network and its images, and never taken for another's."""

import os

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfreid.data.readers import read_dataset
from tfreid.evaluation import kept
from tfreid.evaluation.embedding import Embedder
from tfreid.evaluation.retrieval import evaluate_retrieval
from tfreid.options import DataOptions
from tfreid.systems.embedding.options import EvaluationOptions

pytestmark = pytest.mark.usefixtures("functions_run_eagerly")


class Network(tf.keras.Model):
    """Weighs mean colors; counts the images that go through it."""

    def __init__(self):
        super().__init__()
        self.scale = self.add_weight(name="scale", shape=(3,), initializer="ones")
        self.seen = tf.Variable(0, trainable=False)

    def embed(self, images):
        self.seen.assign_add(tf.shape(images)[0])
        return tf.reduce_mean(images, axis=[1, 2]) * self.scale


@pytest.fixture
def data(market_folder):
    folder = market_folder(ids=3, cameras=2, images=2)
    return DataOptions(dataset="folder", data_dir=folder, height=32, width=16)


@pytest.fixture
def evaluate(data, tmp_path):
    """Returns (number of images that went through the network, `Retrieval`)."""
    folder = str(tmp_path / "w" / "embeddings")

    def evaluate(network=None, **evaluation):
        network = network or Network()
        network.seen.assign(0)
        options = EvaluationOptions(**{"evaluation_batch": 2, **evaluation})
        found = evaluate_retrieval(network, read_dataset(data), data, options, folder)
        return int(network.seen), found

    return evaluate


def list_facts(found):
    return found.query_embeddings.tobytes(), found.gallery_embeddings.tobytes()


def test_a_second_evaluation_runs_no_network_and_finds_the_same_bits(evaluate):
    first, second = evaluate(), evaluate()
    assert first[0] > 0 and second[0] == 0
    assert list_facts(first[1]) == list_facts(second[1])
    assert first[1].result.to_metrics() == second[1].result.to_metrics()


def test_another_network_or_other_options_are_computed(evaluate):
    evaluate()
    other = Network()
    other.scale.assign([1, 1, 1.0000001])
    assert evaluate(other)[0] > 0
    assert evaluate(other)[0] == 0  # the newest is kept
    assert evaluate()[0] > 0 and evaluate(flip_averaging=False)[0] > 0


def test_one_changed_image_is_noticed_though_its_time_and_size_are_the_same(evaluate, data):
    path = read_dataset(data).query.paths[0]
    with Image.open(path) as image:
        pixels = np.asarray(image)
    Image.fromarray(pixels).save(path, "png", compress_level=0)  # one size, whatever the pixels
    facts = os.stat(path)
    before = evaluate()[1]
    Image.fromarray(255 - pixels).save(path, "png", compress_level=0)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert os.stat(path).st_size == facts.st_size
    count, after = evaluate()
    assert count > 0 and list_facts(before) != list_facts(after)


def test_what_is_damaged_or_cannot_be_kept_is_computed(evaluate, tmp_path, monkeypatch):
    evaluate()
    path = tmp_path / "w" / "embeddings" / "gallery.npz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert evaluate()[0] > 0 and evaluate()[0] == 0
    path.write_bytes(content[:100])
    assert evaluate()[0] > 0

    def refuse(*args):
        raise PermissionError(13, "Permission denied")

    path.unlink()
    monkeypatch.setattr(os, "replace", refuse)
    assert evaluate()[0] > 0 and not path.exists()


def test_what_is_too_large_to_be_read_again_is_not_kept(evaluate, tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "_MOST_BYTES", 100)
    assert evaluate()[0] > 0 and evaluate()[0] > 0
    assert not (tmp_path / "w").exists()


def test_an_image_that_changes_meanwhile_is_not_kept(evaluate, data, tmp_path, monkeypatch):
    """By the time of its last change, which nobody can set."""
    path = read_dataset(data).gallery.paths[0]
    embed = Embedder.embed

    def change(*args, **kwargs):
        os.utime(path)
        return embed(*args, **kwargs)

    monkeypatch.setattr(Embedder, "embed", change)
    evaluate()
    assert not (tmp_path / "w" / "embeddings" / "gallery.npz").exists()
