"""Files that hang: they are given up, and neither the others nor the process wait for them."""

import hashlib
import io
import os
import threading
import time

import pytest

from tfreid import files, patience, text_files
from tfreid.data.file_tree import list_tree
from tfreid.data.folders import list_images
from tfreid.errors import InputError
from tfreid.files import check_sha256, compute_sha256
from tfreid.index.sources import list_source
from tfreid.options import DataOptions
from tfreid.patience import run_each
from tfreid.text_files import read_text


@pytest.fixture
def never():
    """A function of anything that hangs until the test ends, and then fails.

    An answer would be used: of `os.open` it is a file to read and to close, and `True` is 1,
    the standard output.
    """
    event = threading.Event()

    def wait(*_):
        event.wait()
        raise OSError("the test has ended")

    yield wait
    event.set()


@pytest.fixture
def hang(monkeypatch, never):
    monkeypatch.setattr(patience, "PATIENCE", 0.05)
    return lambda item: never() if item in (3, 40) else 2 * item


def test_what_hangs_is_given_up_and_all_others_come_in_order(hang):
    answers = list(run_each(hang, range(50), 2, lambda item: -item, ahead=4))
    assert answers == [-n if n in (3, 40) else 2 * n for n in range(50)]


def test_no_room_is_made_for_more_than_there_is():
    assert list(run_each(str, iter(range(3)), 2, str, ahead=2**62)) == ["0", "1", "2"]


def test_where_everything_hangs_it_ends_with_one_line(monkeypatch, never):
    monkeypatch.setattr(patience, "PATIENCE", 0.05)
    with pytest.raises(InputError, match="3 files: no answer in time"):
        list(run_each(never, range(1000), 2, lambda item: None))


def test_no_thread_keeps_the_process(monkeypatch, never):
    monkeypatch.setattr(patience, "PATIENCE", 0.05)
    before = set(threading.enumerate())
    list(run_each(never, [1], 1, lambda item: None))
    left = set(threading.enumerate()) - before
    assert left and all(thread.daemon for thread in left)


def test_an_error_is_raised_in_its_turn():
    answers = run_each(lambda item: 6 // item, [3, 2, 0, 1], 4, None)
    assert [next(answers), next(answers)] == [2, 3]
    with pytest.raises(ZeroDivisionError):
        next(answers)


def test_items_are_taken_as_answers_are():
    taken = []
    items = (taken.append(n) or n for n in range(10**9))
    assert next(run_each(lambda item: item, items, 2, None, ahead=5)) == 0
    assert len(taken) == 6


def test_what_waits_for_its_turn_or_computes_does_not_hang(monkeypatch):
    monkeypatch.setattr(patience, "PATIENCE", 0.02)

    def work(item):
        with patience.pause():
            threading.Event().wait(0.1)
        return item

    assert list(run_each(work, range(6), 2, lambda item: "given up")) == list(range(6))


def test_one_file_that_hangs_is_an_error_of_the_disk(monkeypatch, never, tmp_path):
    (tmp_path / "a.txt").write_text("text")
    assert read_text(str(tmp_path / "a.txt"), "") == "text"
    digest = compute_sha256(str(tmp_path / "a.txt"))
    assert digest == hashlib.sha256(b"text").hexdigest()
    monkeypatch.setattr(patience, "PATIENCE", 0.05)
    monkeypatch.setattr(text_files, "open_regular", never)
    monkeypatch.setattr(files, "open_regular", never)
    with pytest.raises(InputError, match="^flags.cfg: no answer in time.*; check its disk"):
        read_text("flags.cfg", "bring it back")
    with pytest.raises(InputError, match="^step-1.index: cannot be read .no answer in time"):
        check_sha256("step-1.index", digest, "is damaged", ".")


def test_a_long_file_that_comes_in_parts_does_not_hang(monkeypatch, tmp_path):
    (tmp_path / "a.txt").write_bytes(b"x" * 40)
    monkeypatch.setattr(patience, "PATIENCE", 0.2)
    monkeypatch.setattr(text_files, "_PART", 4)
    monkeypatch.setattr(text_files, "open_regular", _Slow)
    assert read_text(str(tmp_path / "a.txt"), "") == "x" * 40


class _Slow(io.FileIO):
    def read(self, size):
        time.sleep(0.04)
        return super().read(size)


def test_a_folder_that_hangs_is_told_before_anything_else_waits_for_it(monkeypatch, hang, never):
    answer = os.stat

    def stat(path, **given):
        return never() if "hanging" in str(path) else answer(path, **given)

    monkeypatch.setattr(os, "stat", stat)
    with pytest.raises(InputError, match="data_dir=/hanging: no answer in time"):
        DataOptions(data_dir="/hanging").with_absolute_paths()
    with pytest.raises(InputError, match="add=/hanging/a.jpg: no answer in time"):
        list_source("/hanging/a.jpg", "add")
    assert DataOptions(data_dir="/nowhere").with_absolute_paths().data_dir == "/nowhere"


def test_a_folder_that_cannot_be_listed_in_time_is_one_line(tmp_path, monkeypatch, hang, never):
    monkeypatch.setattr(os, "scandir", never)
    for read in (list_images, list_tree):
        with pytest.raises(InputError, match="cannot be listed: no answer in time"):
            read(str(tmp_path))


def test_a_file_that_hangs_may_be_whole_and_nobody_advises_to_make_it_anew(
    tmp_path, monkeypatch, hang, never
):
    path = tmp_path / "facts.json"
    path.write_text("{}")
    monkeypatch.setattr(files.os, "open", never)
    for look in (
        lambda: read_text(str(path), "make it anew"),
        lambda: check_sha256(str(path), "", "another", "; make it anew."),
    ):
        with pytest.raises(InputError, match="facts.json: .*; check its disk and its rights") as e:
            look()
        assert "anew" not in str(e.value)
