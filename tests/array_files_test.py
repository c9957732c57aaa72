"""Arrays of files that promise more than they hold, or are no files at all."""

import io
import os
import resource
import struct
import zipfile

import numpy as np
import pytest
import scipy.io

from tfreid import array_files
from tfreid.array_files import read_mat5, read_npz


def write_npz(path, name, content):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return str(path)


def promise(shape, descr="<f8"):
    """Returns the bytes of an array of a shape, with none of its numbers."""
    head = f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head


def test_what_was_written_comes_back(tmp_path):
    arrays = {"a": np.arange(6).reshape(2, 3), "b": np.array("text"), "c": np.zeros([0, 16])}
    np.savez_compressed(tmp_path / "a.npz", **arrays)
    found = read_npz(str(tmp_path / "a.npz"))
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)


@pytest.mark.parametrize(
    "content",
    [promise("(1000000, 1000000)"), promise("(3,)", "|O"), promise("(-1,)"), b"\x93NUMPY\7\0", b""],
    ids=["more than it holds", "objects", "less than nothing", "of the future", "nothing"],
)
def test_an_array_that_cannot_be_is_no_array_and_no_memory(tmp_path, content):
    path = write_npz(tmp_path / "a.npz", "a.npy", content)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ValueError):
        read_npz(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_what_is_packed_is_bounded_and_damage_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(array_files, "MOST_BYTES", 100_000)
    file = io.BytesIO()
    np.save(file, np.zeros(100_000, np.uint8))
    path = write_npz(tmp_path / "a.npz", "a.npy", file.getvalue())
    with pytest.raises(ValueError, match="packs more than 100,000 bytes"):
        read_npz(path)
    content = (tmp_path / "a.npz").read_bytes()
    for damaged in (b"", content[:-30], content[:45] + b"\0\0\0\0" + content[49:]):
        (tmp_path / "a.npz").write_bytes(damaged)
        with pytest.raises(ValueError):
            read_npz(path)
    os.mkfifo(tmp_path / "pipe.npz")
    with pytest.raises(OSError):
        read_npz(str(tmp_path / "pipe.npz"))


@pytest.mark.parametrize("packed", [False, True])
def test_elements_of_a_matlab_file_hold_what_they_promise(tmp_path, monkeypatch, packed):
    path = tmp_path / "a.mat"
    scipy.io.savemat(path, {"a": np.zeros((200, 200)), "b": np.ones(3)}, do_compression=packed)
    content = path.read_bytes()
    assert read_mat5(str(path)) == content
    path.write_bytes(content[:132] + struct.pack("<I", 4_000_000_000) + content[136:])
    with pytest.raises(ValueError, match="4,000,000,000 bytes, of which"):
        read_mat5(str(path))
    path.write_bytes(content)
    monkeypatch.setattr(array_files, "MOST_BYTES", 100_000)
    with pytest.raises(ValueError, match="more than"):
        read_mat5(str(path))
