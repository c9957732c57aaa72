"""Neighbor tables in a workdir: built once, found again, never of other data or weights."""

import dataclasses
import io
import json

import numpy as np
import pytest
import tensorflow as tf

from tfreid.data.readers import read_dataset
from tfreid.errors import InputError
from tfreid.options import TrainOptions
from tfreid.systems.matching.neighbor_tables import NeighborTables

pytestmark = pytest.mark.usefixtures("functions_run_eagerly")


class ColorNetwork(tf.Module):
    """Pools to the mean color, times a factor: all weights of its backbone."""

    def __init__(self, factor=(1.0, 1.0, 1.0)):
        super().__init__()
        self.backbone = tf.Module()
        self.backbone.factor = tf.Variable(factor)

    def pool(self, images):
        return tf.reduce_mean(images, axis=[1, 2]) * self.backbone.factor


def make_options(folder, *flags):
    return TrainOptions.parse(
        ["tfreid", "--model=kvm_mn", f"--data_dir={folder}", "--height=32", "--width=16"]
        + ["--set_size=3", "--num_neighbors=4", *flags]
    )


@pytest.fixture
def make_tables(market_folder, tmp_path):
    folder = market_folder()

    def make(*flags, folder=folder, rows=slice(None)):
        options = make_options(folder, *flags)
        dataset = read_dataset(options.data)
        dataset = dataclasses.replace(dataset, train=dataset.train.take(rows))
        return NeighborTables(
            str(tmp_path / "neighbors"),
            dataset.train,
            dataset,
            options,
            options.system.list_backbone_facts(options.model),
        )

    return make


def test_a_table_is_stored_and_found_again_whatever_the_weights_have_become(make_tables):
    built = make_tables().find(0, ColorNetwork())
    assert built.dtype == np.int32
    again = make_tables().find(7, ColorNetwork((1.0, 0.0, 0.0)))
    np.testing.assert_array_equal(again, built)


def test_a_refreshed_table_is_made_of_the_weights_of_its_step(make_tables, tmp_path):
    tables = make_tables("--refresh_steps=10")
    tables.find(0, ColorNetwork())
    refreshed = tables.find(10, ColorNetwork((0.0, 1.0, 0.0)))
    assert sorted(path.name for path in (tmp_path / "neighbors").iterdir()) == [
        "step-0.npz",
        "step-10.npz",
    ]
    np.testing.assert_array_equal(tables.find(19, None), refreshed)
    assert (tables.find(9, None) != refreshed).any()


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
    with pytest.raises(InputError, match="num_neighbors"):
        make_tables("--num_neighbors=5").find(0, ColorNetwork())


def test_a_table_of_other_rows_is_refused(make_tables):
    """The same images in another order have the same fingerprint, but other row numbers."""
    make_tables().find(0, ColorNetwork())
    with pytest.raises(InputError, match=r"other data or options \(rows\); give"):
        make_tables(rows=slice(None, None, -1)).find(0, ColorNetwork())


@pytest.mark.parametrize(
    ("flag", "difference"),
    [
        ("--height=48", "height"),
        ("--width=24", "width"),
        ("--normalization=imagenet", "normalization"),
        ("--final_endpoint=Mixed_3b", "final_endpoint"),
        ("--seed=3", "seed"),
        ("--set_size=4", "num_identities"),
    ],
)
def test_a_table_made_otherwise_is_refused(make_tables, flag, difference):
    make_tables().find(0, ColorNetwork())
    for step in (0, 5):  # where it is due, and behind that
        with pytest.raises(InputError, match=rf"other data or options \({difference}\); give"):
            make_tables(flag).find(step, ColorNetwork())


def test_a_table_of_other_weights_is_made_anew_where_it_is_due(make_tables, caplog):
    left = make_tables().find(0, ColorNetwork())
    other = ColorNetwork((0.0, 5.0, 0.0))
    made = make_tables().find(0, other)
    assert "step-0.npz: made with other weights than the run has; made anew." in caplog.text
    assert (made != left).any()
    caplog.clear()
    np.testing.assert_array_equal(make_tables().find(0, other), made)
    np.testing.assert_array_equal(make_tables().find(1, None), made)
    assert "made anew" not in caplog.text


def rewrite(path, change):
    """Stores `change(table)` in place of a table, under its fingerprint."""
    with np.load(path) as stored:
        table, fingerprint = stored["table"], str(stored["fingerprint"])
    assert "weights" in json.loads(fingerprint)
    content = io.BytesIO()
    np.savez_compressed(content, table=change(table), fingerprint=fingerprint)
    path.write_bytes(content.getvalue())


def put(value):
    def change(table):
        table[3, 1] = value
        return table

    return change


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda table: table.astype(np.int64), r"int64 of shape \(16, 4\) for 16 images"),
        (lambda table: table[:-1], r"int32 of shape \(15, 4\) for 16 images"),
        (lambda table: table[0], r"int32 of shape \(4,\) for 16 images"),
        (lambda table: table[:, :0], r"int32 of shape \(16, 0\)"),
        (put(16), "a row number outside 0 to 15"),
        (put(-1), "a row number outside 0 to 15"),
        (put(3), "an image among its own identity's neighbors"),
    ],
)
def test_a_table_that_cannot_be_one_is_refused(make_tables, tmp_path, change, reason):
    make_tables().find(0, ColorNetwork())
    rewrite(tmp_path / "neighbors" / "step-0.npz", change)
    for step in (0, 5):
        with pytest.raises(InputError, match=rf"this table of neighbors is damaged \({reason}"):
            make_tables().find(step, ColorNetwork())


def test_a_damaged_table_is_refused(make_tables, tmp_path):
    make_tables().find(0, ColorNetwork())
    path = tmp_path / "neighbors" / "step-0.npz"
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(InputError, match=r"step-0.npz: this table of neighbors is damaged"):
        make_tables().find(0, ColorNetwork())


def test_a_missing_table_of_earlier_weights_is_told(make_tables):
    with pytest.raises(InputError, match=r"step-0.npz: missing, and the weights of step 0"):
        make_tables().find(3, ColorNetwork())
