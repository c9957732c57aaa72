"""CUHK03's new protocol from `cuhk-03.mat` and its index files."""

import os

import h5py
import numpy as np
import pytest

from tests import cuhk_files
from tfreid.data.cuhk03_images import name_image
from tfreid.data.readers import read_layout
from tfreid.data.specs import SPECS
from tfreid.errors import InputError
from tfreid.options import DataOptions

INDEX_FOLDER = os.environ.get("TFREID_CUHK03_NP", "")
NAMES = [name_image(*key) for key in cuhk_files.list_images()]
ROWS = {"train_idx": [1, 2, 4], "query_idx": [54, 9], "gallery_idx": [10, 11, 12]}


def _read(folder, variant="labeled"):
    return read_layout(DataOptions(dataset=f"cuhk03_np_{variant}", data_dir=folder))


def _write_index(folder, variant="labeled", names=NAMES, labels=None, **rows):
    path = f"{folder}/cuhk03_new_protocol_config_{variant}.mat"
    pids = np.arange(len(names)) // 4 + 1 if labels is None else labels
    cameras = [int(name[6]) for name in names]
    return cuhk_files.write_index(path, names, pids, cameras, **{**ROWS, **rows})


def test_indices_count_from_1_and_point_into_the_list_of_names(cuhk03_folder):
    folder = cuhk03_folder()
    _write_index(folder)
    dataset = _read(folder)
    names = {
        split: [os.path.basename(path) for path in images.paths]
        for split, images in dataset.splits()
    }
    assert names["train"] == ["1_001_1_01.png", "1_001_1_02.png", "1_001_2_07.png"]
    assert names["query"] == ["5_001_2_07.png", "1_003_1_01.png"]
    assert names["gallery"] == ["1_003_1_02.png", "1_003_2_06.png", "1_003_2_07.png"]
    assert dataset.query.pids.tolist() == [14, 3]
    assert dataset.query.camids.tolist() == [2, 1]
    assert dataset.train.paths[0] == f"{folder}/tfreid_cuhk03_labeled/1_001_1_01.png"
    assert not dataset.partition and "labeled images of 14" in dataset.notes[0][1]


def test_image_folders_are_taken_where_there_are_both_unless_the_file_is_named(
    cuhk03_folder, market_folder
):
    folder = cuhk03_folder(name="both")
    _write_index(folder)
    market_folder(name="both/labeled")
    assert _read(folder).root == f"{folder}/labeled"
    assert _read(f"{folder}/cuhk-03.mat").root == folder


def test_a_web_page_in_the_files_place_is_told_before_anything_else(tmp_path):
    (tmp_path / "cuhk-03.mat").write_text("<html>Too many users</html>")
    with pytest.raises(InputError, match="cuhk-03.mat: is an HTML page, not a MATLAB file"):
        _read(str(tmp_path))


def test_a_missing_index_file_is_told(cuhk03_folder):
    folder = cuhk03_folder()
    message = "cuhk03_new_protocol_config_detected.mat: no such file; the new protocol needs"
    with pytest.raises(InputError, match=message):
        _read(folder, "detected")


def test_names_that_the_mat_file_lacks_are_told(cuhk03_folder):
    folder = cuhk03_folder()
    path = _write_index(folder, names=[*NAMES, "1_999_1_01.png", "1_999_2_06.png"])
    message = f"{path}: names 2 of 56 images that cuhk-03.mat does not hold, first 1_999_1_01.png"
    with pytest.raises(InputError, match=message):
        _read(folder)


@pytest.mark.parametrize("rows", [[0], [55], []])
def test_indices_outside_the_list_are_told(cuhk03_folder, rows):
    folder = cuhk03_folder()
    _write_index(folder, query_idx=rows)
    with pytest.raises(InputError, match="query_idx points outside its 54 names"):
        _read(folder)


def test_columns_of_unequal_length_are_told(cuhk03_folder):
    folder = cuhk03_folder()
    _write_index(folder, labels=[1, 2])
    with pytest.raises(InputError, match="2 labels for 54 names; download it again"):
        _read(folder)


@pytest.mark.parametrize("content", [b"<html>", b"", b"MATLAB 5.0 MAT-file" + b" " * 105])
def test_other_files_than_an_index_are_told(cuhk03_folder, content):
    folder = cuhk03_folder()
    with open(f"{folder}/cuhk03_new_protocol_config_labeled.mat", "wb") as file:
        file.write(content)
    with pytest.raises(InputError, match="labeled.mat: not an index file of CUHK03") as caught:
        _read(folder)
    assert "\n" not in str(caught.value)


def _write_full_mat(path, names, variant):
    """Writes a `cuhk-03.mat` whose images have the given names, each 2 x 1 pixels."""
    keys = {tuple(int(part) for part in name[:-4].split("_")) for name in names}
    present = {(pair, identity, column) for pair, identity, _, column in keys}
    with h5py.File(path, "w") as file:
        file["image"], file["empty"] = np.zeros((3, 1, 2), np.uint8), np.zeros(2, np.uint64)
        image, empty = file["image"].ref, file["empty"].ref
        for pair in range(1, 6):
            count = max(identity for number, identity, _ in present if number == pair)
            cells = np.full((10, count), empty, h5py.ref_dtype)
            for column, identity in np.ndindex(*cells.shape):
                if (pair, identity + 1, column + 1) in present:
                    cells[column, identity] = image
            file[f"pair{pair}"] = cells
        pairs = [file[f"pair{pair}"].ref for pair in range(1, 6)]
        file[variant] = np.array([pairs], h5py.ref_dtype)


@pytest.mark.parametrize("variant", ["labeled", "detected"])
def test_the_official_index_files_give_the_published_splits(variant, tmp_path):
    """A file with the real names, but tiny images, is read as the real one would be.

    Needs cuhk03_new_protocol_config_{labeled,detected}.mat in the folder $TFREID_CUHK03_NP.
    """
    scipy_io = pytest.importorskip("scipy.io")
    name = f"cuhk03_new_protocol_config_{variant}.mat"
    if not os.path.isfile(os.path.join(INDEX_FOLDER, name)):
        pytest.skip("TFREID_CUHK03_NP names no folder with the index files")
    index = scipy_io.loadmat(os.path.join(INDEX_FOLDER, name))
    names = [str(cell[0]) for cell in index["filelist"].ravel()]
    (tmp_path / name).symlink_to(os.path.join(INDEX_FOLDER, name))
    _write_full_mat(tmp_path / "cuhk-03.mat", names, variant)
    dataset = _read(str(tmp_path), variant)
    spec = SPECS[f"cuhk03_np_{variant}"]
    for split, images in dataset.splits():
        rows = index[f"{split}_idx"].ravel().astype(int) - 1
        np.testing.assert_array_equal(images.pids, index["labels"].ravel()[rows])
        np.testing.assert_array_equal(images.camids, index["camId"].ravel()[rows])
        assert len(images) == spec.published[split].images
        assert len(set(images.pids.tolist())) == spec.published[split].identities
    assert dataset.notes[0][0] == "ok" and dataset.notes[0][1].endswith("as published.")
