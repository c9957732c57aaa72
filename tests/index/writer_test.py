"""Changes of an index: whatever stops one, the index is the old or the new."""

import errno
import os
import shutil

import numpy as np
import pytest

from tests.index.items_test import make_items
from tfreid.errors import InputError
from tfreid.index import durable, tidying
from tfreid.index.snapshot import VECTORS, read_snapshot
from tfreid.index.writer import open_writer

MODEL = {"system": "sona_net", "fingerprint": "f" * 64, "name": "runs/w"}


class Crash(BaseException):
    """The process ends here: nothing after it runs that would have run after a SIGKILL."""


class Fault:
    """Lets the n-th step of writing fail: a write (half of it done), a sync or a renaming."""

    def __init__(self, error, step):
        self._error, self._left = error, step

    def strike(self, half=lambda: None):
        self._left -= 1
        if self._left == 0:
            half()
            raise self._error()

    def install(self, monkeypatch):
        fsync, replace = os.fsync, os.replace

        def open_file(path, mode):
            file = open(path, mode)
            write = file.write
            proxy = _Proxy(file)
            proxy.write = lambda chunk: (
                self.strike(lambda: write(bytes(chunk)[: len(chunk) // 2])),
                write(chunk),
            )
            return proxy

        def sync(handle):
            self.strike()
            fsync(handle)

        def rename(old, new):
            self.strike()
            replace(old, new)
            self.strike()

        monkeypatch.setattr(durable, "open", open_file, raising=False)
        monkeypatch.setattr(durable.os, "fsync", sync)
        monkeypatch.setattr(durable.os, "replace", rename)


class _Proxy:
    def __init__(self, file):
        self._file = file

    def __getattr__(self, name):
        return getattr(self._file, name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()


def make_full_disk():
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def add(folder, ids_of, value, replaced=()):
    items = make_items(len(ids_of), start=ids_of[0])
    vectors = np.full((len(items), 3), value, np.float32)
    with open_writer(folder, MODEL) as writer:
        return writer.add(items, {VECTORS: vectors}, replaced)


def describe(folder):
    """What an index holds: [(id, first number of its vector)]; None for none."""
    snapshot = read_snapshot(folder)
    if snapshot is None:
        return None
    ids = snapshot.items.ids[snapshot.live].tolist()
    vectors = [values[:, 0].tolist() for _, values in snapshot.read_live(VECTORS)]
    return list(zip(ids, [value for part in vectors for value in part]))


def add_first(folder):
    add(folder, [1, 2], 1.0)


def add_more(folder):
    add(folder, [1, 2], 1.0, replaced=[2])


def remove_one(folder):
    with open_writer(folder) as writer:
        writer.remove([1])


def merge(folder):
    with open_writer(folder) as writer:
        writer.remove([1])
        tidying.tidy(writer)


def keep_calibration(folder):
    with open_writer(folder) as writer:
        writer.set_calibration({"curve": [[0.5, 1, 2]]})


CHANGES = [add_first, add_more, remove_one, merge, keep_calibration]


def prepare(folder, change):
    """Makes the index that a change begins with."""
    if change is not add_first:
        add(folder, [1, 2, 3], 7.0)
    if change is merge:
        for value in range(2):
            add(folder, [1], float(value))


def run_until_done(tmp_path, monkeypatch, change, error):
    """Yields (folder, its state before) after each step of a change has failed once."""
    template = str(tmp_path / "template")
    prepare(template, change)
    for step in range(1, 1000):
        folder = str(tmp_path / f"index{step}")
        if os.path.exists(template):
            shutil.copytree(template, folder)
        before = describe(folder)
        with monkeypatch.context() as patch:
            Fault(error, step).install(patch)
            try:
                change(folder)
            except (Crash, InputError) as caught:
                assert "\n" not in str(caught)
            else:
                break
        yield folder, before
    assert step > 5


def end_of(tmp_path, change):
    folder = str(tmp_path / "whole")
    prepare(folder, change)
    change(folder)
    return describe(folder)


@pytest.mark.parametrize("change", CHANGES)
def test_after_a_crash_at_any_step_the_index_is_old_or_new_and_goes_on(
    tmp_path, monkeypatch, change
):
    monkeypatch.setattr(tidying, "_SMALL_SEGMENTS", 3)
    after, seen = end_of(tmp_path, change), set()
    for folder, before in run_until_done(tmp_path, monkeypatch, change, Crash):
        state = describe(folder)
        steps = [before, after]
        if change is merge:  # two changes, one after the other
            steps.append([pair for pair in before if pair[0] != 1])
        assert state in steps or (change is add_first and state == [])
        seen.add(str(state))
        if state == before or state in (None, []):
            change(folder)
            assert describe(folder) == after
        with open_writer(folder):
            pass  # a later writer leaves nothing lying about
        names = [name for _, folders, files in os.walk(folder) for name in folders + files]
        assert not [name for name in names if name.endswith(".tmp")]
    assert str(after) in seen or change is merge  # some crashes come after the manifest


@pytest.mark.parametrize("change", CHANGES)
def test_a_full_disk_at_any_step_leaves_the_old_index_and_nothing_else(
    tmp_path, monkeypatch, change
):
    monkeypatch.setattr(tidying, "_SMALL_SEGMENTS", 3)
    after = end_of(tmp_path, change)
    for folder, before in run_until_done(tmp_path, monkeypatch, change, make_full_disk):
        hidden = [pair for pair in before or () if pair[0] != 1]
        assert describe(folder) in (before, after, [], hidden if change is merge else before)
        names = [name for _, folders, files in os.walk(folder) for name in folders + files]
        assert not [name for name in names if name.endswith(".tmp")]
        change_again = describe(folder) in (before, [], None)
        if change_again:
            change(folder)
            assert describe(folder) == after


def test_ids_are_given_once_and_never_again(tmp_path):
    folder = str(tmp_path / "i")
    assert add(folder, [1, 2], 0.0).tolist() == [1, 2]
    with open_writer(folder) as writer:
        writer.remove([2])
    assert add(folder, [1], 1.0).tolist() == [3]
    assert [pair[0] for pair in describe(folder)] == [1, 3]


def test_other_columns_are_refused_and_nothing_is_written(tmp_path):
    folder = str(tmp_path / "i")
    add(folder, [1, 2], 0.0)
    before = sorted(os.listdir(tmp_path / "i" / "segments"))
    with open_writer(folder) as writer:
        with pytest.raises(InputError, match=r"keeps .*\[3\].* but the model makes .*\[4\]"):
            writer.add(make_items(1), {VECTORS: np.zeros((1, 4), np.float32)})
    assert sorted(os.listdir(tmp_path / "i" / "segments")) == before


def test_without_an_index_and_a_model_there_is_nothing_to_change(tmp_path):
    with pytest.raises(InputError, match="no index lives there"):
        with open_writer(str(tmp_path / "i")):
            pass
    assert not os.path.exists(tmp_path / "i")


def test_a_damaged_index_is_told_before_anything_is_removed(tmp_path):
    folder = str(tmp_path / "i")
    add(folder, [1, 2], 0.0)
    os.remove(os.path.join(folder, "segments", "000001", "vectors.npy"))
    with pytest.raises(InputError, match="000001/vectors.npy: missing"):
        with open_writer(folder):
            pass
    assert os.path.exists(os.path.join(folder, "segments", "000001", "items.json"))
