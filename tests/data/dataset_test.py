"""Splits as columns, and the fingerprint of a data set."""

import numpy as np
import pytest

from tfreid.data.dataset import Dataset, Split, make_empty_split


def _make_dataset(root, names=("a.jpg", "b.jpg"), pids=(3, 4)):
    paths = [f"{root}/train/{name}" for name in names]
    return Dataset(
        "folder", root, Split(paths, pids, [1, 2]), make_empty_split(), make_empty_split()
    )


def test_columns_become_int32_of_one_length():
    split = Split(["a.jpg", "b.jpg"], [7, -1], np.array([1, 2], np.int64))
    assert split.pids.dtype == split.camids.dtype == np.int32
    assert split.paths == ("a.jpg", "b.jpg") and len(split) == 2
    with pytest.raises(ValueError, match=r"camids has shape \(1,\), but there are 2 paths"):
        Split(["a.jpg", "b.jpg"], [7, 8], [1])


def test_rows_are_taken_by_number_and_by_mask():
    split = Split(["a.jpg", "b.jpg", "c.jpg"], [7, 8, 9], [1, 2, 3])
    assert split.take([2, 0]).paths == ("c.jpg", "a.jpg")
    assert split.take(split.pids > 7).camids.tolist() == [2, 3]
    assert len(split.take([])) == len(make_empty_split()) == 0


def test_the_fingerprint_survives_a_move_and_notices_a_change(tmp_path):
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    here = _make_dataset(str(tmp_path / "here")).fingerprint()
    assert here == _make_dataset(str(tmp_path / "there")).fingerprint()
    assert here["counts"]["train"] == {"images": 2, "identities": 2}
    renamed = _make_dataset(str(tmp_path / "here"), names=("a.jpg", "c.jpg")).fingerprint()
    relabeled = _make_dataset(str(tmp_path / "here"), pids=(3, 5)).fingerprint()
    assert len({print["sha256"] for print in (here, renamed, relabeled)}) == 3
