"""`cuhk-03.mat` and what is given in its place."""

import zlib

import h5py
import numpy as np
import pytest

from tests import cuhk_files
from tfreid.data.cuhk03_mat import Cuhk03File
from tfreid.errors import InputError


@pytest.fixture
def mat(cuhk03_folder):
    return f"{cuhk03_folder()}/cuhk-03.mat"


def _read_all(path, variant="labeled"):
    with Cuhk03File(path) as file:
        return list(file.iterate(variant))


def test_every_image_comes_with_its_pair_identity_and_column(mat):
    found = _read_all(mat)
    keys = [(pair, who, column) for pair, who, images in found for column in images]
    assert keys == cuhk_files.list_images()
    assert len(found) == sum(cuhk_files.PAIRS)


def test_images_stand_upright_and_keep_their_colors(mat):
    (image,) = [image for pair, who, images in _read_all(mat) for image in images.values()][:1]
    assert image.shape == (40, 17, 3) and image.dtype == np.uint8
    assert image[0, 0].tolist() == [1, 1, 1]  # pair, identity, column
    assert image[-1, 0].tolist() == [200, 0, 0]  # red, in the lower left corner


def test_identities_are_counted_by_pair_of_cameras(mat):
    with Cuhk03File(mat) as file:
        assert file.count_identities("detected") == list(cuhk_files.PAIRS)


def test_test_sets_are_read_as_rows_of_pair_and_identity(mat):
    with Cuhk03File(mat) as file:
        tables = file.read_test_sets()
    assert [table.tolist() for table in tables] == [
        [list(row) for row in rows] for rows in cuhk_files.TEST_SETS
    ]


def test_columns_of_cells_are_read_like_rows_of_them(tmp_path):
    """MATLAB's 5 x 1 and 1 x 5 cells differ in the file; both have been published."""
    path = cuhk_files.write_cuhk03(tmp_path / "cuhk-03.mat")
    with h5py.File(path, "r+") as file:
        for key in ("labeled", "testsets"):
            references = file[key][()].T
            del file[key]
            file[key] = references
    assert len(_read_all(path)) == sum(cuhk_files.PAIRS)
    with Cuhk03File(path) as file:
        assert len(file.read_test_sets()) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\n <!DOCTYPE html><html><body>Confirm</body></html>", "is an HTML page, not a MATLAB"),
        (b"<html>" + b" " * 2000, "is an HTML page"),
        (b"\xef\xbb\xbf<!-- a comment -->\n<HTML>", "is an HTML page"),
        ("<!DOCTYPE html><html>".encode("utf-16"), "is an HTML page"),
        (b"PK\x03\x04 and so on", "is an archive; unpack it"),
        (b"", "is empty; download the data set again"),
        (b"MATLAB 7.3 MAT-file, Platform", "is cut off behind its first lines; download"),
        (b"MATLAB 5.0 MAT-file, Platform", "is a MATLAB 5.0 file; CUHK03's images come in"),
        (b"notes", r"is not a MATLAB 7.3 \(HDF5\) file; download"),
    ],
)
def test_other_files_are_told_for_what_they_are(tmp_path, content, message):
    path = tmp_path / "cuhk-03.mat"
    path.write_bytes(content)
    with pytest.raises(InputError, match=f"{path}: {message}") as caught:
        Cuhk03File(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("share", [0.05, 0.5, 0.99])
def test_a_truncated_file_is_told(mat, share):
    with open(mat, "rb") as file:
        content = file.read()
    size = int(share * len(content))
    with open(mat, "wb") as file:
        file.write(content[:size])
    with pytest.raises(InputError, match=f"{mat}: is cut off, it ends after {size:,} bytes; down"):
        Cuhk03File(mat)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(InputError, match="none.mat: cannot be opened: No such file or directory"):
        Cuhk03File(str(tmp_path / "none.mat"))


def test_missing_test_sets_are_told(cuhk03_folder):
    folder = cuhk03_folder(test_sets=None)
    with Cuhk03File(f"{folder}/cuhk-03.mat") as file:
        with pytest.raises(InputError, match="has no 'testsets'; it holds detected, labeled. CU"):
            file.read_test_sets()


def test_a_missing_variant_is_told(cuhk03_folder):
    folder = cuhk03_folder(variants=("detected",))
    with pytest.raises(InputError, match="has no 'labeled'; it holds detected, testsets"):
        _read_all(f"{folder}/cuhk-03.mat")


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((3, 17, 40), np.float64), r"an image of shape \(40, 17, 3\), float64"),
        (np.zeros((4, 17, 40), np.uint8), r"an image of shape \(40, 17, 4\), uint8"),
    ],
)
def test_cells_that_hold_no_image_are_told(mat, image, message):
    with h5py.File(mat, "r+") as file:
        cells = file[file["labeled"][0, 1]]
        file["odd"] = image
        cells[0, 2] = file["odd"].ref
    with pytest.raises(InputError, match=f"'labeled' cannot be read .{message}.; download"):
        _read_all(mat)


def test_cells_of_another_shape_are_told(mat):
    with h5py.File(mat, "r+") as file:
        file["odd"] = file[file["labeled"][0, 1]][:9]
        file["labeled"][0, 1] = file["odd"].ref
    with pytest.raises(InputError, match=r"cells of shape \(4, 9\), not identities x 10"):
        _read_all(mat)
    with Cuhk03File(mat) as file:
        with pytest.raises(InputError, match="'labeled' cannot be read"):
            file.count_identities("labeled")


def test_an_array_that_promises_too_much_is_not_made_room_for(mat):
    with h5py.File(mat, "r+") as file:
        file.create_dataset("odd", (3, 60_000, 60_000), np.uint8, chunks=(3, 64, 64))
        file[file["labeled"][0, 1]][0, 2] = file["odd"].ref
    with pytest.raises(InputError, match="'labeled' cannot be read .*60000.*; download"):
        _read_all(mat)


@pytest.mark.parametrize("packing", ["gzip", "lzf", None])
def test_an_image_may_be_packed(mat, packing):
    image = np.arange(2400, dtype=np.uint16).astype(np.uint8).reshape(3, 20, 40)
    with h5py.File(mat, "r+") as file:
        chunks = (3, 16, 16) if packing else None
        put(file, file.create_dataset("odd", data=image, chunks=chunks, compression=packing))
    found = [each for *_, images in _read_all(mat) for each in images.values()]
    assert sum(np.array_equal(each, image.T) for each in found) == 1


def _inflate(file, tmp_path):
    odd = file.create_dataset("odd", (3, 20, 40), "u1", chunks=(3, 20, 40), compression="gzip")
    odd.id.write_direct_chunk((0, 0, 0), zlib.compress(bytes(10_000_000)))


def _pack_twice(file, tmp_path):
    packing = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    packing.set_chunk((3, 20, 40))
    for _ in range(2):
        packing.set_deflate(9)
    space = h5py.h5s.create_simple((3, 20, 40))
    h5py.h5d.create(file.id, b"odd", h5py.h5t.STD_U8LE, space, packing)


def _lead_elsewhere(file, tmp_path):
    file.create_dataset("odd", (3, 20, 40), "u1", external=[(str(tmp_path / "raw"), 0, 2400)])


@pytest.mark.parametrize("make", [_inflate, _pack_twice, _lead_elsewhere])
def test_what_unpacks_without_a_bound_is_not_read(mat, tmp_path, make):
    with h5py.File(mat, "r+") as file:
        make(file, tmp_path)
        put(file, file["odd"])
    with pytest.raises(InputError, match="'labeled' cannot be read .an array .*; download"):
        _read_all(mat)


def put(file, content):
    """Puts an array in place of an image."""
    file[file["labeled"][0, 1]][0, 2] = content.ref
