import os

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfreid.data.dataset import Split
from tfreid.data.transforms import normalize_image
from tfreid.errors import InputError
from tfreid.evaluation.embedding import Embedder
from tfreid.options.data import DataOptions
from tfreid.systems.embedding.options import EvaluationOptions

HEIGHT, WIDTH = 24, 16  # of the images as well: nothing is resized


class FakeNetwork:
    """Embeds an image as its mean colors left and right of the middle, squared: float16[B, 6]."""

    def __init__(self):
        self.traced_shapes = []

    def embed(self, images):
        self.traced_shapes.append(tuple(images.shape))
        halves = tf.stack(tf.split(images, 2, axis=2), axis=1)
        means = tf.reduce_mean(halves, axis=[2, 3])
        return tf.cast(tf.reshape(tf.square(means), [-1, 6]), tf.float16)


@pytest.fixture
def split(tmp_path, rng):
    """Seven images of smooth random colors, as PNG: their pixels are known exactly."""
    paths = []
    for i in range(7):
        pixels = rng.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
        paths.append(str(tmp_path / f"{i}.png"))
        Image.fromarray(pixels).save(paths[-1])
    return Split(tuple(paths), np.arange(7), np.ones(7))


def make_options(**evaluation):
    return DataOptions(height=HEIGHT, width=WIDTH), EvaluationOptions(**evaluation)


def embed_plainly(split, flips):
    """Returns float[N, 6]: the fake network's formula in numpy."""
    rows = []
    for path in split.paths:
        pixels = normalize_image(np.asarray(Image.open(path)), "imagenet").numpy()
        views = [pixels, pixels[:, ::-1]] if flips else [pixels]
        halves = [
            [view[:, :8].mean(axis=(0, 1)) ** 2, view[:, 8:].mean(axis=(0, 1)) ** 2]
            for view in views
        ]
        rows.append(np.mean(halves, axis=0).ravel())
    return np.array(rows)


@pytest.mark.parametrize("batch", [1, 3, 7, 64])
def test_every_image_is_embedded_whatever_the_batch(split, batch):
    """7 images: with 3 a batch the last has one, with 64 the only one has all."""
    options = make_options(evaluation_batch=batch, flip_averaging=False)
    embeddings = Embedder(FakeNetwork(), *options).embed(split)
    assert embeddings.dtype == np.float32
    np.testing.assert_allclose(embeddings, embed_plainly(split, flips=False), atol=2e-3)


def test_flip_averaging_takes_the_mean_with_the_mirror_image(split):
    embeddings = Embedder(FakeNetwork(), *make_options(evaluation_batch=4)).embed(split)
    np.testing.assert_allclose(embeddings, embed_plainly(split, flips=True), atol=2e-3)
    assert not np.allclose(embeddings, embed_plainly(split, flips=False), atol=0.01)


def test_a_network_is_traced_once_for_all_batches_and_splits(split):
    network = FakeNetwork()
    embedder = Embedder(network, *make_options(evaluation_batch=3))
    embedder.embed(split)
    embedder.embed(split.take(slice(0, 4)))
    assert network.traced_shapes == [(None, HEIGHT, WIDTH, 3)]


def test_progress_counts_images(split):
    class Counter:
        done = []

        def advance(self, items):
            self.done.append(items)

    embedder = Embedder(FakeNetwork(), *make_options(evaluation_batch=3))
    embedder.embed(split, progress=Counter())
    assert Counter.done == [3, 3, 1]


def test_a_damaged_image_is_named(split):
    with open(split.paths[5], "r+b") as file:
        file.truncate(os.path.getsize(split.paths[5]) // 2)
    with pytest.raises(InputError, match="5.png: damaged or cut off"):
        Embedder(FakeNetwork(), *make_options(evaluation_batch=3)).embed(split)


def test_an_image_that_vanished_is_named(split):
    os.remove(split.paths[2])
    with pytest.raises(InputError, match="2.png: cannot be read .No such file"):
        Embedder(FakeNetwork(), *make_options(evaluation_batch=3)).embed(split)


def test_an_error_of_the_network_is_not_taken_for_one_of_the_images(split):
    class Failing:
        def embed(self, images):
            return tf.debugging.check_numerics(images * np.inf, "overflow")

    with pytest.raises(tf.errors.InvalidArgumentError, match="overflow"):
        Embedder(Failing(), *make_options()).embed(split)


def test_a_split_without_images_is_refused(split):
    with pytest.raises(InputError) as error:
        Embedder(FakeNetwork(), *make_options()).embed(split.take(slice(0, 0)))
    assert str(error.value) == "There are no images to embed: the split is empty."
