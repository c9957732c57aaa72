"""Segments: written once, checked when read."""

import os

import numpy as np
import pytest

from tests.index.items_test import make_items
from tfreid.errors import InputError
from tfreid.index.segments import Pieces, locate, read_column, read_items, write_segment

FORM = {"dtype": "<f4", "shape": [3]}


@pytest.fixture
def entry(tmp_path):
    vectors = np.arange(12, dtype=np.float32).reshape(4, 3)
    return write_segment(str(tmp_path), "000001", make_items(4), {"vectors": vectors})


def test_a_segment_comes_back(tmp_path, entry):
    assert entry["rows"] == 4 and set(entry["bytes"]) == {"items.json", "vectors.npy"}
    assert read_items(str(tmp_path), entry).ids.tolist() == [1, 2, 3, 4]
    vectors = read_column(str(tmp_path), entry, "vectors", FORM)
    assert isinstance(vectors, np.memmap) and vectors[3].tolist() == [9, 10, 11]


def test_an_array_in_pieces_is_written_as_one(tmp_path):
    whole = np.arange(24, dtype=np.float16).reshape(4, 3, 2)
    pieces = Pieces(whole.shape, whole.dtype, (whole[i : i + 3] for i in (0, 3)))
    entry = write_segment(str(tmp_path), "000002", make_items(4), {"keys": pieces})
    path = os.path.join(locate(str(tmp_path), "000002"), "keys.npy")
    assert os.path.getsize(path) == entry["bytes"]["keys.npy"]
    np.testing.assert_array_equal(np.load(path), whole)


@pytest.mark.parametrize("name", ["items.json", "vectors.npy"])
@pytest.mark.parametrize("share", [0, 0.5, 0.99])
def test_a_file_that_is_cut_off_is_named(tmp_path, entry, name, share):
    path = os.path.join(locate(str(tmp_path), "000001"), name)
    os.truncate(path, int(share * os.path.getsize(path)))
    with pytest.raises(InputError, match=f"000001/{name}: damaged or cut off .* are expected"):
        read_items(str(tmp_path), entry)


def test_items_of_the_right_size_but_other_text_are_damaged(tmp_path, entry):
    path = os.path.join(locate(str(tmp_path), "000001"), "items.json")
    with open(path, "r+b") as file:
        file.write(b"xx")
    with pytest.raises(InputError, match="items.json: damaged or cut off"):
        read_items(str(tmp_path), entry)


def test_a_column_of_another_shape_is_damaged(tmp_path, entry):
    with pytest.raises(InputError, match=r"vectors.npy: damaged or cut off \(float32\[4, 3\]\)"):
        read_column(str(tmp_path), entry, "vectors", {"dtype": "<f4", "shape": [5]})


def test_what_a_crash_left_under_the_name_is_replaced(tmp_path, entry):
    again = write_segment(
        str(tmp_path), "000001", make_items(1), {"vectors": np.zeros((1, 3), np.float32)}
    )
    assert len(read_items(str(tmp_path), again)) == 1
