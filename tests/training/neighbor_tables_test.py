"""Neighbor tables in a workdir: built once, found again, never of other data."""

import numpy as np
import pytest
import tensorflow as tf

from tfreid.data.readers import read_dataset
from tfreid.errors import InputError
from tfreid.options import TrainOptions
from tfreid.training.neighbor_tables import NeighborTables


class ColorNetwork(tf.Module):
    """Pools to the mean color, times a factor."""

    def __init__(self, factor=(1.0, 1.0, 1.0)):
        super().__init__()
        self._factor = tf.constant(factor)

    def pool(self, images):
        return tf.reduce_mean(images, axis=[1, 2]) * self._factor


def make_options(folder, *flags):
    return TrainOptions.parse(
        ["tfreid", "--model=kvm_mn", f"--data_dir={folder}", "--height=32", "--width=16"]
        + ["--set_size=3", "--num_neighbors=4", *flags]
    )


@pytest.fixture
def make_tables(market_folder, tmp_path):
    folder = market_folder()

    def make(*flags, folder=folder):
        options = make_options(folder, *flags)
        dataset = read_dataset(options.data)
        return NeighborTables(str(tmp_path / "neighbors"), dataset.train, dataset, options)

    return make


def test_a_table_is_stored_and_found_again_whatever_the_weights_have_become(make_tables):
    built = make_tables().find(0, ColorNetwork())
    assert built.dtype == np.int32
    again = make_tables().find(7, ColorNetwork((1.0, 0.0, 0.0)))
    np.testing.assert_array_equal(again, built)


def test_a_refreshed_table_is_made_of_the_weights_of_its_step(make_tables, tmp_path):
    tables = make_tables("--refresh_steps=10")
    tables.find(0, ColorNetwork())
    tables.find(10, ColorNetwork((0.0, 1.0, 0.0)))
    assert sorted(path.name for path in (tmp_path / "neighbors").iterdir()) == [
        "step-0.npz",
        "step-10.npz",
    ]
    np.testing.assert_array_equal(
        tables.find(19, None), make_tables("--refresh_steps=10").find(10, None)
    )


def test_tables_that_no_kept_checkpoint_needs_are_deleted(make_tables, tmp_path):
    tables = make_tables("--refresh_steps=1", "--keep_checkpoints=1")
    for step in range(11):
        tables.find(step, ColorNetwork())
    names = sorted(path.name for path in (tmp_path / "neighbors").iterdir())
    assert names == ["step-10.npz", "step-9.npz"]


def test_a_table_of_other_data_is_refused(make_tables, market_folder, tmp_path):
    make_tables().find(0, ColorNetwork())
    with pytest.raises(InputError, match=r"step-0.npz: this table of neighbors was made of other"):
        make_tables(folder=market_folder(ids=5, name="other")).find(0, ColorNetwork())
    with pytest.raises(InputError, match="num_neighbors 4.*num_neighbors 5"):
        make_tables("--num_neighbors=5").find(0, ColorNetwork())


def test_a_damaged_table_is_refused(make_tables, tmp_path):
    make_tables().find(0, ColorNetwork())
    path = tmp_path / "neighbors" / "step-0.npz"
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(InputError, match=r"step-0.npz: this table of neighbors is damaged"):
        make_tables().find(0, ColorNetwork())


def test_a_missing_table_of_earlier_weights_is_told(make_tables):
    with pytest.raises(InputError, match=r"step-0.npz: missing, and the weights of step 0"):
        make_tables().find(3, ColorNetwork())
