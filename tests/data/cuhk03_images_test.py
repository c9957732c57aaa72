"""Images of `cuhk-03.mat`, extracted once."""

import json
import os
import shutil

import numpy as np
import pytest
from PIL import Image

from tests import cuhk_files
from tfreid.data import cuhk03_images
from tfreid.data.cuhk03_images import MARKER, fingerprint_file, name_image, prepare_images
from tfreid.errors import InputError


@pytest.fixture
def mat(cuhk03_folder):
    return f"{cuhk03_folder()}/cuhk-03.mat"


def _date(images):
    return {path: os.stat(path).st_mtime_ns for path in images.split.paths}


def test_images_are_written_without_loss_under_the_index_files_names(mat):
    images = prepare_images(mat, "labeled")
    assert images.folder == f"{os.path.dirname(mat)}/tfreid_cuhk03_labeled"
    listed = cuhk_files.list_images()
    assert len(images.split) == len(listed)
    for path, key in zip(images.split.paths, listed):
        assert os.path.basename(path) == name_image(*key)
        np.testing.assert_array_equal(np.asarray(Image.open(path)), cuhk_files.draw(*key))
    assert name_image(1, 1, 5) == "1_001_1_05.png" and name_image(5, 49, 6) == "5_049_2_06.png"


def test_identities_are_numbered_through_all_pairs_and_cameras_are_1_and_2(mat):
    images = prepare_images(mat, "labeled")
    starts = np.append(0, np.cumsum(cuhk_files.PAIRS))
    for row, (pair, identity, column) in enumerate(cuhk_files.list_images()):
        assert images.pairs[row] == pair
        assert images.split.pids[row] == starts[pair - 1] + identity
        assert images.split.camids[row] == (1 if column <= 5 else 2)
    assert images.first_pids == {1: 0, 2: 5, 3: 9, 4: 11, 5: 13}
    assert images.identities == {1: 5, 2: 4, 3: 2, 4: 2, 5: 1}


def test_images_are_extracted_once_per_variant(mat):
    first = _date(prepare_images(mat, "labeled"))
    assert _date(prepare_images(mat, "labeled")) == first
    assert prepare_images(mat, "detected").folder.endswith("tfreid_cuhk03_detected")


def test_a_copied_or_moved_file_needs_no_new_extraction(mat, tmp_path):
    first = prepare_images(mat, "labeled")
    moved = tmp_path / "moved"
    shutil.copytree(os.path.dirname(mat), moved)
    os.utime(moved / "cuhk-03.mat", (1, 1))
    marker = (moved / "tfreid_cuhk03_labeled" / MARKER).stat().st_mtime_ns
    again = prepare_images(str(moved / "cuhk-03.mat"), "labeled")
    assert (moved / "tfreid_cuhk03_labeled" / MARKER).stat().st_mtime_ns == marker
    assert len(again.split) == len(first.split)


def test_another_file_is_extracted_anew(mat):
    prepare_images(mat, "labeled")
    cuhk_files.write_cuhk03(mat, shade=9)
    images = prepare_images(mat, "labeled")
    assert np.asarray(Image.open(images.split.paths[0]))[5, 5].tolist() == [9, 9, 9]


@pytest.mark.parametrize("damage", ["image", "marker", "unreadable marker", "more images"])
def test_a_partial_extraction_is_repeated(mat, damage):
    images = prepare_images(mat, "labeled")
    marker = f"{images.folder}/{MARKER}"
    if damage == "image":
        os.remove(images.split.paths[3])
    elif damage == "marker":
        os.remove(marker)
    elif damage == "unreadable marker":
        with open(marker, "w") as file:
            file.write('{"format": 1')
    else:
        shutil.copy(images.split.paths[0], f"{images.folder}/1_099_1_01.png")
    again = prepare_images(mat, "labeled")
    assert again.split.paths == images.split.paths
    with open(marker, encoding="utf-8") as file:
        assert json.load(file)["images"] == len(again.split)


def test_what_a_killed_extraction_left_is_not_taken_and_later_removed(mat):
    root = os.path.dirname(mat)
    fresh, old = f"{root}/.tfreid_cuhk03_labeled-a", f"{root}/.tfreid_cuhk03_labeled-b"
    for aside in (fresh, old):
        os.mkdir(aside)
    os.utime(old, (1, 1))
    prepare_images(mat, "labeled")
    assert os.path.isdir(fresh) and not os.path.exists(old)


def test_nothing_is_left_when_an_image_cannot_be_written(mat, monkeypatch):
    def fail(path, pixels):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cuhk03_images, "_write_image", fail)
    message = r"tfreid_cuhk03_labeled: the images .* \(No space left on device\); they need 1 GB"
    with pytest.raises(InputError, match=message):
        prepare_images(mat, "labeled")
    assert os.listdir(os.path.dirname(mat)) == ["cuhk-03.mat"]


def test_a_folder_with_other_files_is_left_alone(mat):
    folder = f"{os.path.dirname(mat)}/tfreid_cuhk03_labeled"
    os.mkdir(folder)
    with open(f"{folder}/thesis.txt", "w") as file:
        file.write("mine")
    with pytest.raises(InputError, match=f"{folder}: .* but it holds thesis.txt; move or rename"):
        prepare_images(mat, "labeled")
    assert os.listdir(folder) == ["thesis.txt"]


def test_of_two_extractions_at_once_the_second_uses_the_first(mat, monkeypatch):
    write_marker = cuhk03_images._write_marker

    def write_late(folder, *details):
        monkeypatch.setattr(cuhk03_images, "_write_marker", write_marker)
        prepare_images(mat, "labeled")  # another process, while this one is at work
        write_marker(folder, *details)

    monkeypatch.setattr(cuhk03_images, "_write_marker", write_late)
    images = prepare_images(mat, "labeled")
    assert len(images.split) == len(cuhk_files.list_images())
    assert sorted(os.listdir(os.path.dirname(mat))) == ["cuhk-03.mat", "tfreid_cuhk03_labeled"]


def test_a_file_without_images_is_told(cuhk03_folder, monkeypatch):
    monkeypatch.setattr(cuhk_files, "list_images", list)
    folder = cuhk03_folder(name="bare")
    with pytest.raises(InputError, match="'labeled' holds no images; download"):
        prepare_images(f"{folder}/cuhk-03.mat", "labeled")


def test_the_fingerprint_sees_every_byte_of_a_small_file_and_its_length(tmp_path):
    path = tmp_path / "file"
    seen = set()
    for content in (b"abc" * 10, b"abc" * 9 + b"abd", b"abc" * 11):
        path.write_bytes(content)
        seen.add(fingerprint_file(str(path))["sampled_sha256"])
    assert len(seen) == 3 and fingerprint_file(str(path))["bytes"] == 33
