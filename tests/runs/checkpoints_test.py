"""Tests of checkpoints: whole or not at all."""

import glob

import numpy as np
import pytest
import tensorflow as tf

from tfreid.errors import InputError
from tfreid.runs.checkpoints import Checkpoints, restore_network
from tfreid.runs.provenance import Origin


def make_parts(value=0.0, size=3):
    return {"network": tf.train.Checkpoint(w=tf.Variable(tf.fill([size], value)))}


def save(folder, *steps, keep=3, value=1.0):
    parts = make_parts(value)
    checkpoints = Checkpoints(str(folder), parts, Origin(dataset="synthetic"), keep)
    for step in steps:
        checkpoints.save(step)
    return checkpoints


def test_what_was_saved_comes_back_with_its_origin(tmp_path):
    save(tmp_path, 5, value=2.5)
    parts, origin = make_parts(), Origin()
    assert Checkpoints(str(tmp_path), parts, origin).restore_latest() == 5
    np.testing.assert_array_equal(parts["network"].w, [2.5] * 3)
    assert origin.facts == {"dataset": "synthetic", "steps": 5} and origin.is_trained()
    assert "5 steps on synthetic" in origin.describe()


def test_without_a_checkpoint_there_is_nothing_to_restore(tmp_path):
    assert Checkpoints(str(tmp_path), make_parts(), Origin()).restore_latest() is None
    with pytest.raises(InputError, match="holds no checkpoint; train first"):
        restore_network(make_parts()["network"], Origin(), str(tmp_path))


def test_only_so_many_are_kept_and_any_of_them_can_be_chosen(tmp_path):
    save(tmp_path, 1, 2, 3, keep=2)
    assert len(glob.glob(f"{tmp_path}/*.index")) == 2
    assert restore_network(make_parts()["network"], Origin(), str(tmp_path), 2) == 2
    with pytest.raises(InputError, match="step=1: .* holds the steps 2, 3"):
        restore_network(make_parts()["network"], Origin(), str(tmp_path), 1)


def test_a_network_that_was_never_trained_says_so(tmp_path):
    save(tmp_path, 0)
    origin = Origin()
    restore_network(make_parts()["network"], origin, str(tmp_path))
    assert not origin.is_trained() and "never trained on re-ID data" in origin.describe()


def test_a_checkpoint_of_another_model_is_refused(tmp_path):
    save(tmp_path, 7)
    with pytest.raises(InputError, match="step-7: cannot be restored; it is damaged or belongs to"):
        Checkpoints(str(tmp_path), make_parts(size=4), Origin()).restore_latest()


def test_a_damaged_checkpoint_is_refused_and_the_one_before_named(tmp_path):
    save(tmp_path, 1, 2)
    (data,) = glob.glob(f"{tmp_path}/step-2.data*")
    with open(data, "r+b") as file:
        file.truncate(10)
    with pytest.raises(InputError, match="step-2: cannot be restored.*To use that of step 1"):
        Checkpoints(str(tmp_path), make_parts(), Origin()).restore_latest()


@pytest.mark.parametrize(
    "words",
    ["No space left on device", "{{function_node __wrapped__SaveV2 CPU:0}} step-2_temp/part"],
)
def test_a_full_disk_keeps_the_last_checkpoint(tmp_path, monkeypatch, words):
    checkpoints = save(tmp_path, 1)

    def fill_the_disk(self, checkpoint_number):
        (tmp_path / f"step-{checkpoint_number}.data-00000-of-00001").write_text("half")
        raise tf.errors.ResourceExhaustedError(None, None, words)

    monkeypatch.setattr(tf.train.CheckpointManager, "save", fill_the_disk)
    message = "step 2 cannot be written .No space left on device[^{]*; make room .* from step 1"
    with pytest.raises(InputError, match=message):
        checkpoints.save(2)
    assert not glob.glob(f"{tmp_path}/step-2*")
    assert Checkpoints(str(tmp_path), make_parts(), Origin()).restore_latest() == 1
