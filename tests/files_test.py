"""Tests of writing aside."""

import errno
import os
import pathlib
import time

import pytest

from tfreid import files
from tfreid.errors import InputError
from tfreid.files import hold_lock, write_aside, write_folder, write_text


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


def test_a_lock_is_held_once_and_free_afterwards(tmp_path):
    path = str(tmp_path / "lock")
    with hold_lock(path, "busy"):
        with pytest.raises(InputError, match="^busy$"), hold_lock(path, "busy"):
            raise AssertionError("two hold it")
    with hold_lock(path, "busy"):
        pass


def test_a_lock_follows_no_link(tmp_path):
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "lock").symlink_to(tmp_path / "mine")
    with pytest.raises(OSError), hold_lock(str(tmp_path / "lock"), "busy"):
        raise AssertionError("somebody else's file is locked")
    assert (tmp_path / "mine").read_text() == "mine"


@pytest.mark.parametrize(
    ("kind", "options", "told"),
    [
        ("ext4", "rw", None),
        ("nfs4", "rw,vers=4.2", None),
        ("nfs", "rw,local_lock=all", "nfs with local_lock=all"),
        ("lustre", "rw,localflock", "lustre with localflock"),
        ("fuse.sshfs", "rw", "fuse.sshfs"),
        ("9p", "rw", "9p"),
    ],
)
def test_it_is_known_whose_locks_other_machines_see(tmp_path, monkeypatch, kind, options, told):
    table = tmp_path / "mounts"
    table.write_text(
        f"a / ext4 rw 0 0\nb /mnt/a\\040b {kind} {options} 0 0\nc /mnt/a tmpfs rw 0 0\n"
    )
    monkeypatch.setattr(files, "_MOUNTS", str(table))
    found = files.find_lock_reach("/mnt/a b/runs")
    assert found is None if told is None else told in found
    assert files.find_lock_reach("/mnt/a/b") is None and files.find_lock_reach("/mnt/other") is None
