"""Files that are whole or not there."""

import errno
import os
import resource

import pytest

from tfreid.errors import InputError
from tfreid.index import durable


def test_a_file_holds_its_chunks_and_nothing_lies_beside_it(tmp_path):
    path = str(tmp_path / "a.bin")
    assert durable.write_file(path, [b"one ", memoryview(b"two")]) == 7
    with open(path, "rb") as file:
        assert file.read() == b"one two"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_a_full_disk_keeps_the_old_file_and_is_one_line(tmp_path, monkeypatch):
    path = str(tmp_path / "a.bin")
    durable.write_file(path, [b"old"])

    def refuse(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(durable.os, "fsync", refuse)
    with pytest.raises(InputError, match="a.bin: cannot be written .No space left on device") as e:
        durable.write_file(path, [b"new"])
    assert "\n" not in str(e.value)
    with open(path, "rb") as file:
        assert file.read() == b"old"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_the_system_refusing_bytes_in_the_middle_leaves_nothing(tmp_path):
    """A limit on the size of files is the nearest to a full disk that needs no rights."""
    path = str(tmp_path / "a.bin")
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, old[1]))
    try:
        with pytest.raises(InputError, match="a.bin: cannot be written .File too large"):
            durable.write_file(path, [b"x" * 60_000] * 4)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert os.listdir(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "a").write_text("a file")
    with pytest.raises(InputError, match="a/b: cannot be written .Not a directory"):
        durable.make_folder(str(tmp_path / "a" / "b"))


def test_removing_takes_folders_and_files_and_minds_nothing_missing(tmp_path):
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    (tmp_path / "file").write_text("x")
    for name in ("folder", "file", "missing"):
        durable.remove(str(tmp_path / name))
    assert os.listdir(tmp_path) == []
