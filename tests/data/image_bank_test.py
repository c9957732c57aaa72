"""ImageBank: all images in memory."""

import numpy as np
import pytest
import tensorflow as tf

from tfreid.data import transforms
from tfreid.data.image_bank import ImageBank
from tfreid.data.readers import read_layout
from tfreid.options import DataOptions


@pytest.fixture
def paths(market_folder):
    folder = market_folder(ids=9, images=4, size=(40, 18))
    return read_layout(DataOptions(dataset="folder", data_dir=folder)).train.paths


def test_the_bank_holds_what_reading_gives_in_the_order_of_the_paths(paths):
    """72 images: one full chunk of 64 and a rest."""
    assert len(paths) == 72
    bank = ImageBank(paths, 24, 10)
    rows = tf.constant([71, 0, 63, 64, 5])
    images = tf.data.Dataset.from_tensor_slices(rows).map(bank.read, num_parallel_calls=2)
    assert images.element_spec.shape == (24, 10, 3)
    for row, image in zip(rows.numpy(), images):
        np.testing.assert_array_equal(image, transforms.read_image(paths[row], 24, 10))


def test_the_bank_does_not_become_a_constant_of_the_graph(paths):
    """A graph constant of 2 GB is an error; the bank of a real data set is about as large."""
    bank = ImageBank(paths[:8], 24, 10)
    graph = tf.function(bank.read).get_concrete_function(tf.TensorSpec([], tf.int32)).graph
    assert graph.as_graph_def().ByteSize() < 24 * 10 * 3


def test_a_damaged_file_is_an_error(paths):
    with open(paths[3], "wb") as file:
        file.write(b"no image")
    with pytest.raises(tf.errors.InvalidArgumentError):
        ImageBank(paths, 24, 10)
