"""Tests of writing aside."""

import errno

import pytest

from tfreid.errors import InputError
from tfreid.files import write_aside, write_text


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
