"""Tests of checkpoints: whole or not at all."""

import glob
import hashlib
import os
import pathlib
import shutil

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


def test_a_checkpoint_is_not_written_over(tmp_path):
    """Nothing would be left to a process that is killed right then."""
    checkpoints, path = save(tmp_path, 5), tmp_path / "step-5.index"
    before = path.stat()
    checkpoints.save(5)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_new_checkpoint_stays_where_an_old_one_cannot_be_removed(tmp_path, monkeypatch):
    checkpoints = save(tmp_path, 1, keep=1)
    remove = os.remove

    def refuse(path):
        if "step-1." in str(path):
            raise PermissionError(13, "Permission denied")
        remove(path)

    monkeypatch.setattr(os, "remove", refuse)
    checkpoints.save(2)
    assert restore_network(make_parts()["network"], Origin(), str(tmp_path)) == 2


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
    with pytest.raises(InputError, match="step-7: cannot be restored; it belongs to another model"):
        Checkpoints(str(tmp_path), make_parts(size=4), Origin()).restore_latest()


def test_a_damaged_checkpoint_is_refused_and_the_one_before_named(tmp_path):
    save(tmp_path, 1, 2)
    (data,) = glob.glob(f"{tmp_path}/step-2.data*")
    with open(data, "r+b") as file:
        file.truncate(10)
    with pytest.raises(
        InputError, match="step-2.data.*: is damaged.*that of step 1, move .*step-2"
    ):
        Checkpoints(str(tmp_path), make_parts(), Origin()).restore_latest()


@pytest.mark.parametrize(
    "words",
    ["No space left on device", "{{function_node __wrapped__SaveV2 CPU:0}} step-2_temp/part"],
)
def test_a_full_disk_keeps_the_last_checkpoint(tmp_path, monkeypatch, words):
    checkpoints = save(tmp_path, 1)

    def fill_the_disk(self, path):
        pathlib.Path(f"{path}.data-00000-of-00001").write_text("half")
        raise tf.errors.ResourceExhaustedError(None, None, words)

    monkeypatch.setattr(tf.train.Checkpoint, "write", fill_the_disk)
    message = "step 2 cannot be written .No space left on device[^{]*; make room .* from step 1"
    with pytest.raises(InputError, match=message):
        checkpoints.save(2)
    assert not glob.glob(f"{tmp_path}/step-2*")
    assert Checkpoints(str(tmp_path), make_parts(), Origin()).restore_latest() == 1


def restore(folder):
    """Returns (step, weights) of the latest checkpoint."""
    parts = make_parts()
    step = Checkpoints(str(folder), parts, Origin()).restore_latest()
    return step, parts["network"].w.numpy().tolist()


@pytest.mark.parametrize("content", [None, b"", b"model_check", b'model_checkpoint_path: "step-1"'])
def test_the_latest_checkpoint_is_found_whatever_the_list_of_them_says(tmp_path, content):
    save(tmp_path, 0, 1, 2)
    path = tmp_path / "checkpoint"
    path.unlink() if content is None else path.write_bytes(content)
    for file in tmp_path.glob("step-1.*"):  # a copy of somebody's
        shutil.copy(file, tmp_path / file.name.replace("step-1", "step-007"))
    assert restore(tmp_path)[0] == 2


@pytest.mark.parametrize("content", [None, b"", b"model_check", b'model_checkpoint_path: "step-7"'])
def test_old_checkpoints_without_sums_are_never_forgotten(tmp_path, content):
    save(tmp_path, 0, 2)
    for sums in tmp_path.glob("*.sha256"):
        sums.unlink()
    assert restore(tmp_path) == (2, [1.0] * 3)
    path = tmp_path / "checkpoint"
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(InputError, match="checkpoint"):
        restore(tmp_path)
    path.write_text('model_checkpoint_path: "step-2"')  # as the message says
    assert restore(tmp_path)[0] == 2


@pytest.mark.parametrize("sums", ["renamed", "copied", "moved", "gone"])
def test_a_checkpoint_is_of_the_step_that_it_says_itself(tmp_path, sums):
    """Not of the one in its name: a training would end too early, or learn some steps twice."""
    save(tmp_path, 2, 5)
    for file in tmp_path.glob("step-5.*"):
        place = shutil.move if sums == "moved" else shutil.copy
        place(file, tmp_path / file.name.replace("step-5", "step-9"))
    path = tmp_path / "step-9.sha256"
    if sums == "renamed":
        path.write_text(path.read_text().replace("step-5", "step-9"))
    elif sums == "gone":
        path.unlink()
        (tmp_path / "checkpoint").write_text('model_checkpoint_path: "step-9"')
    for load in (restore, lambda folder: restore_network(*make_network(), str(folder))):
        with pytest.raises(InputError, match=r"step-9: is step 5 under another name; .*step-5\."):
            load(tmp_path)
    for file in tmp_path.glob("step-9.*"):
        own = tmp_path / file.name.replace("step-9", "step-5")
        file.rename(own) if sums == "moved" else file.unlink()  # both are told
    assert restore(tmp_path)[0] == 5


def make_network():
    return make_parts()["network"], Origin()


def test_what_a_killed_process_left_of_the_very_first_checkpoint_is_no_training(tmp_path):
    (tmp_path / "step-0.data-00000-of-00001").write_bytes(b"half")
    (tmp_path / "step-0_temp").mkdir()
    assert restore(tmp_path)[0] is None


@pytest.mark.parametrize("with_sums", [True, False])
@pytest.mark.parametrize("file", ["step-2.index", "step-2.data-00000-of-00001"])
@pytest.mark.parametrize("change", ["zeros", "missing", "cut", "flipped"])
def test_any_damage_is_one_line_that_names_the_checkpoint(tmp_path, with_sums, file, change):
    save(tmp_path, 1, 2)
    if not with_sums:
        (tmp_path / "step-2.sha256").unlink()
    content = (tmp_path / file).read_bytes()
    (tmp_path / file).unlink()
    if change != "missing":
        (tmp_path / file).write_bytes(
            {
                "zeros": bytes(len(content)),
                "cut": content[: len(content) // 2],
                "flipped": bytes([content[0] ^ 8]) + content[1:],
            }[change]
        )
    with pytest.raises(InputError, match=r"step-2\S*: .*To use that of step 1") as error:
        restore(tmp_path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["a[b]c", "a*b", "a?b", "a{b,c}d", "a\\b", "[", "end]"])
def test_a_folder_may_have_a_name_that_tensorflow_takes_for_a_pattern(tmp_path, name):
    for other in ("abc", "acb", "ab"):  # what some of them would match
        os.mkdir(tmp_path / other)
        save(tmp_path / other, 4, value=9.0)
    os.mkdir(tmp_path / name)
    save(tmp_path / name, 1, 2, 3, 4, keep=2)
    assert restore(tmp_path / name) == (4, [1.0] * 3)
    assert restore_network(make_parts()["network"], Origin(), str(tmp_path / name), 3) == 3
    assert len([path for path in os.listdir(tmp_path / name) if path.endswith(".index")]) == 2


def test_sums_are_what_sha256sum_checks_and_go_with_their_checkpoint(tmp_path):
    save(tmp_path, 1, 2, keep=1)
    (sums,) = tmp_path.glob("*.sha256")
    for line in sums.read_text().splitlines():
        digest, _, name = line.partition("  ")
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith("step-")) == [
        "step-2.data-00000-of-00001",
        "step-2.index",
        "step-2.sha256",
    ]
