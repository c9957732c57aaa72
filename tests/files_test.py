"""Tests of writing aside."""

import errno
import os
import pathlib
import time

import pytest

from tfreid.errors import InputError
from tfreid.files import take_back_empty, write_aside, write_folder, write_text


def test_a_file_is_replaced_whole(tmp_path):
    path = tmp_path / "new" / "a.txt"
    write_text(str(path), "one")
    write_text(str(path), "two")
    assert path.read_text() == "two" and list(path.parent.iterdir()) == [path]


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fill_the_disk(aside):
        with open(aside, "w") as file:
            file.write("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(InputError, match="a.txt: cannot be written .No space left on device."):
        write_aside(str(path), fill_the_disk)
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_a_file_in_the_place_of_a_folder_is_told(tmp_path):
    (tmp_path / "a").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        write_text(str(tmp_path / "a" / "b.txt"), "text")


def _fill(folder):
    (pathlib.Path(folder) / "a.txt").write_text("new")


def _is_new(folder):
    path = pathlib.Path(folder) / "a.txt"
    return path.is_file() and path.read_text() == "new"


def test_a_folder_replaces_an_older_one_as_a_whole_and_leaves_nothing_aside(tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "old.txt").write_text("old")
    write_folder(str(tmp_path / "set"), _fill, _is_new)
    assert os.listdir(tmp_path) == ["set"] and os.listdir(tmp_path / "set") == ["a.txt"]


@pytest.mark.parametrize("other", ["folder", "file", "link"])
def test_what_came_meanwhile_is_not_replaced_where_nothing_may_be(tmp_path, other):
    def fill(folder):
        _fill(folder)
        if other == "file":
            (tmp_path / "set").write_text("mine")
        elif other == "link":
            (tmp_path / "set").symlink_to("gone")
        else:
            (tmp_path / "set").mkdir()
            (tmp_path / "set" / "mine.txt").write_text("mine")

    with pytest.raises(FileExistsError):
        write_folder(str(tmp_path / "set"), fill)
    assert os.listdir(tmp_path) == ["set"] and not _is_new(tmp_path / "set")


def test_an_empty_folder_is_a_free_place(tmp_path):
    (tmp_path / "set").mkdir()
    write_folder(str(tmp_path / "set"), _fill)
    assert _is_new(tmp_path / "set") and os.listdir(tmp_path) == ["set"]


def test_others_may_read_a_folder_as_the_umask_says(tmp_path):
    (tmp_path / "made").mkdir()
    write_folder(str(tmp_path / "set"), _fill, _is_new)
    assert (tmp_path / "set").stat().st_mode == (tmp_path / "made").stat().st_mode


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt()])
def test_a_folder_that_cannot_be_filled_leaves_what_was_there(tmp_path, error):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "old.txt").write_text("old")

    def fail(folder):
        _fill(folder)
        raise error

    with pytest.raises(type(error)):
        write_folder(str(tmp_path / "set"), fail, _is_new)
    assert os.listdir(tmp_path) == ["set"] and os.listdir(tmp_path / "set") == ["old.txt"]


def test_the_slower_of_two_uses_the_folder_of_the_faster(tmp_path):
    def overtaken(folder):
        write_folder(str(tmp_path / "set"), _fill, _is_new)
        (tmp_path / "set" / "faster.txt").write_text("")
        _fill(folder)

    write_folder(str(tmp_path / "set"), overtaken, _is_new)
    assert sorted(os.listdir(tmp_path / "set")) == ["a.txt", "faster.txt"]


def test_a_link_to_a_folder_stays_and_what_it_leads_to_is_replaced(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "set").symlink_to(tmp_path / "disk")
    write_folder(str(tmp_path / "set"), _fill, _is_new)
    assert (tmp_path / "set").is_symlink() and os.listdir(tmp_path / "disk") == ["a.txt"]


def test_what_killed_writers_left_aside_goes_when_it_is_old(tmp_path):
    for name, age in ((".set-old", 100), (".set-new", 10), (".other-old", 100)):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    write_folder(str(tmp_path / "set"), _fill, _is_new, leftover_seconds=50)
    assert sorted(os.listdir(tmp_path)) == [".other-old", ".set-new", "set"]


@pytest.mark.parametrize("there", ["", "a", "a/b", "a/b/own"])
def test_what_a_refused_command_has_made_and_not_filled_goes_again(tmp_path, there):
    os.makedirs(tmp_path / there, exist_ok=True)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(KeyboardInterrupt), take_back_empty(str(tmp_path / "a" / "b")):
        os.makedirs(tmp_path / "a/b/c/d")
        raise KeyboardInterrupt
    assert sorted(tmp_path.rglob("*")) == before
    with pytest.raises(InputError, match="says no"), take_back_empty(str(tmp_path / "a" / "b")):
        os.makedirs(tmp_path / "a/b/c")
        (tmp_path / "a/b/work").write_text("done")
        raise InputError("says no")
    assert (tmp_path / "a/b/work").exists() and not (tmp_path / "a/b/c").exists()
    with take_back_empty(str(tmp_path / "e")):
        os.mkdir(tmp_path / "e")
    assert (tmp_path / "e").exists()
