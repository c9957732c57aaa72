"""Files with the same content."""

import dataclasses
import shutil

import numpy as np
import pytest
from PIL import Image

from tests.image_files import make_picture
from tfreid.data.copies import CopyWatch, check_copies
from tfreid.data.examination import examine_all
from tfreid.data.folders import read_folders


@pytest.fixture
def root(market_folder):
    return market_folder(ids=2)


def _check(root):
    dataset = read_folders("folder", root)
    examined = examine_all(path for _, split in dataset.splits() for path in split.paths)
    return [(finding.level, finding.text) for finding in check_copies(dataset, examined)]


def test_different_files_are_fine(root):
    assert _check(root) == [("ok", "No two files have the same content.")]


def test_a_copy_within_an_identity_is_harmless(root):
    train = f"{root}/bounding_box_train"
    shutil.copy(f"{train}/0001_c1s1_000001_00.jpg", f"{train}/0001_c2s1_000009_00.jpg")
    assert _check(root) == [("ok", "Copies within one identity: 1 file; harmless.")]


def test_a_copy_under_another_identity_is_a_warning(root):
    train = f"{root}/bounding_box_train"
    first, second = f"{train}/0001_c1s1_000001_00.jpg", f"{train}/0002_c1s1_000009_00.jpg"
    shutil.copy(first, second)
    assert _check(root) == [
        (
            "warning",
            "Filed under several identities, byte by byte: 1 image; the first: "
            f"{first} = {second}.",
        )
    ]


def test_a_copy_between_training_and_test_is_a_warning(root):
    first = f"{root}/bounding_box_train/0001_c1s1_000001_00.jpg"
    second = f"{root}/bounding_box_test/0001_c1s1_000001_00.jpg"
    shutil.copy(first, second)
    assert _check(root) == [
        (
            "warning",
            f"In training and in the test splits, byte by byte: 1 image; the first: "
            f"{first} = {second}.",
        )
    ]


def test_a_training_image_saved_again_to_test_on_is_a_warning(root):
    first = f"{root}/bounding_box_train/0001_c1s1_000001_00.jpg"
    second = f"{root}/bounding_box_test/0007_c2s1_000001_00.png"
    make_picture(7).save(first, quality=95)
    make_picture(7).resize((24, 50)).save(second)
    ((level, text), *_) = _check(root)
    assert level == "warning" and "1 image" in text and f"{second} = {first}" in text


def test_empty_files_are_no_copies_of_each_other(root):
    for name in ("0001_c1s1_000008_00.jpg", "0002_c1s1_000009_00.jpg"):
        open(f"{root}/query/{name}", "w").close()
    assert _check(root) == [("ok", "No two files have the same content.")]


def test_a_query_that_is_in_the_gallery_as_well_is_no_leak(root):
    name = "0003_c1s1_000003_00.jpg"
    shutil.copy(f"{root}/query/{name}", f"{root}/bounding_box_test/{name}")
    assert _check(root)[0][0] == "ok"


@pytest.fixture
def copied(root):
    """A function that saves the first query's picture again, as a gallery image of some name."""

    def save(name, **how):
        picture = make_picture(7)
        picture.save(f"{root}/query/0003_c1s1_000003_00.jpg", quality=95)
        path = f"{root}/bounding_box_test/{name}"
        picture.resize((24, 50)).save(path, **how)
        return path

    return save


@pytest.mark.parametrize("name", ["0003_c2s1_7.jpg", "0003_c2s1_7.png", "0004_c2s1_7.jpg"])
def test_a_query_saved_again_as_another_cameras_image_is_a_warning(root, copied, name):
    path = copied(name)
    ((level, text), *_) = _check(root)
    assert level == "warning" and "1 query" in text
    assert f"{root}/query/0003_c1s1_000003_00.jpg = {path}" in text


def test_a_query_saved_again_under_its_own_camera_or_as_junk_is_harmless(root, copied):
    copied("0003_c1s1_7.jpg", quality=50)
    copied("-1_c2s1_7.jpg", quality=60)
    assert {level for level, _ in _check(root)} == {"ok"}


def test_an_evaluation_warns_of_the_same_as_the_check(root, copied, caplog):
    copied("0003_c2s1_7.jpg", quality=40)
    dataset = read_folders("folder", root)
    watch = CopyWatch(dataset)
    watch.warn()
    assert not caplog.records
    examined = examine_all(dataset.query.paths + dataset.gallery.paths)
    for rows, split in ((watch.query, dataset.query), (watch.gallery, dataset.gallery)):
        rows[:] = [examined[path].likeness for path in split.paths]
    watch.warn()
    (record,) = caplog.records
    assert _check(root)[0][1] in record.getMessage()


def test_every_copy_is_listed(root, copied):
    paths = [copied(f"0003_c{camera}s1_7.jpg") for camera in (2, 3)]
    dataset = read_folders("folder", root)
    examined = examine_all(path for _, split in dataset.splits() for path in split.paths)
    gallery = dataset.gallery
    twice = dataclasses.replace(dataset, query=gallery, gallery=gallery)
    (finding, *_) = check_copies(twice, examined)
    assert {path for path, _ in finding.items} == set(paths)


def test_an_image_that_cannot_be_decoded_is_no_copy(root):
    for name in ("query/0003_c1s1_1.jpg", "bounding_box_test/0003_c2s1_1.jpg"):
        Image.fromarray(np.zeros((9, 5, 3), np.uint8)).save(f"{root}/{name}")
        with open(f"{root}/{name}", "r+b") as file:
            file.truncate(300)
    assert not any("the same picture" in text for _, text in _check(root))
