"""Files with the same content."""

import shutil

import pytest

from tfreid.data.copies import check_copies
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


def test_empty_files_are_no_copies_of_each_other(root):
    for name in ("0001_c1s1_000008_00.jpg", "0002_c1s1_000009_00.jpg"):
        open(f"{root}/query/{name}", "w").close()
    assert _check(root) == [("ok", "No two files have the same content.")]


def test_a_query_that_is_in_the_gallery_as_well_is_no_leak(root):
    name = "0003_c1s1_000003_00.jpg"
    shutil.copy(f"{root}/query/{name}", f"{root}/bounding_box_test/{name}")
    assert _check(root)[0][0] == "ok"
