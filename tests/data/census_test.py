"""Counts of a data set, beside those that its authors published."""

import dataclasses
import os

import numpy as np
import pytest

from tfreid.data.census import count, differs_from_published, take_census
from tfreid.data.dataset import Dataset, Split, make_empty_split
from tfreid.data.findings import EVALUATION, TRAINING
from tfreid.data.folders import read_folders
from tfreid.data.specs import SPECS, Counts


def _make_split(counts):
    """Returns a split with the given `Counts`, of files that do not exist."""
    rows = np.arange(counts.images)
    paths = [f"/none/{row}.jpg" for row in rows]
    return Split(paths, 1 + rows % counts.identities, 1 + rows % counts.cameras)


def _make_published(name, **changes):
    splits = {
        split: _make_split(changes.get(split, counts))
        for split, counts in SPECS[name].published.items()
    }
    return Dataset(name, "/none", **splits)


def _tell(dataset):
    return [(finding.level, finding.text) for finding in take_census(dataset)]


def test_junk_and_distractors_are_images_of_nobody():
    split = Split(["a", "b", "c", "d"], [-1, 0, 5, 5], [1, 2, 3, 3])
    assert count(split) == Counts(images=4, identities=1, cameras=3)


def test_published_counts_are_confirmed():
    dataset = _make_published("cuhk03_np_labeled")
    assert not differs_from_published(dataset)
    assert _tell(dataset) == [
        ("ok", "train: 7,368 images, 767 identities, 2 cameras; as published."),
        ("ok", "query: 1,400 images, 700 identities, 2 cameras; as published."),
        ("ok", "gallery: 5,328 images, 700 identities, 2 cameras; as published."),
    ]


@pytest.mark.parametrize(
    "change", [Counts(1399, 700, 2), Counts(1400, 699, 2), Counts(1400, 700, 1)]
)
def test_other_counts_are_a_warning_that_tells_both(change):
    dataset = _make_published("cuhk03_np_labeled", query=change)
    assert differs_from_published(dataset)
    level, text = _tell(dataset)[1]
    assert level == "warning"
    assert text.endswith("; but published are 1,400 images, 700 identities, 2 cameras.")


def test_the_other_variant_of_cuhk03_is_recognized():
    """Detected images read as labeled: the confusion that cost others 23 points of mAP."""
    detected = _make_published("cuhk03_np_detected")
    mistaken = dataclasses.replace(detected, name="cuhk03_np_labeled")
    assert _tell(mistaken)[-1] == (
        "warning",
        "The image counts are those of CUHK03 (new protocol, detected): "
        "dataset=cuhk03_np_detected?",
    )


def test_a_published_set_is_recognized_in_an_own_folder():
    dataset = dataclasses.replace(_make_published("dukemtmc_reid"), name="folder")
    assert not differs_from_published(dataset)
    level, text = _tell(dataset)[-1]
    assert level == "ok" and text.endswith(" dataset=dukemtmc_reid?")


def test_junk_and_distractors_are_told():
    gallery = Split(["a", "b", "c", "d", "e"], [-1, -1, 0, 5, 5], [1, 2, 3, 3, 3])
    dataset = Dataset("folder", "/none", gallery.take([3]), gallery.take([4]), gallery)
    assert _tell(dataset)[2] == (
        "ok",
        "gallery: 5 images, 1 identity, 3 cameras; 1 of the images are distractors (pid 0), "
        "2 are junk (pid -1), so 3 count.",
    )


def test_a_split_without_images_stops_what_needs_it():
    full = _make_split(Counts(4, 2, 2))
    no_train = Dataset("folder", "/none", make_empty_split(), full, full)
    no_test = Dataset("folder", "/none", full, make_empty_split(), make_empty_split())
    assert [finding.stops for finding in take_census(no_train)] == [(TRAINING,), (), ()]
    assert [finding.stops for finding in take_census(no_test)] == [(), (EVALUATION,), (EVALUATION,)]
    assert take_census(no_train)[0].text == "train: no images, so no training with these data."


def test_files_left_aside_are_counted(market_folder):
    root = market_folder()
    for folder in ("query", "bounding_box_test"):
        open(os.path.join(root, folder, "Thumbs.db"), "w").close()
    assert _tell(read_folders("folder", root))[-1] == ("ok", "Left aside: 2 .db files.")


@pytest.mark.parametrize("name", ["0001_c1.bmp", "0001_c1.TIFF", "0001_c1.webp"])
def test_pictures_left_aside_are_a_warning(market_folder, name):
    root = market_folder()
    open(os.path.join(root, "query", name), "w").close()
    level, text = _tell(read_folders("folder", root))[-1]
    suffix = os.path.splitext(name)[1].lower()
    assert level == "warning"
    assert text.startswith(f"Left aside: 1 {suffix} file. Only .jpg .jpeg .png files are read")


def test_a_folder_inside_a_split_is_a_warning(market_folder):
    root = market_folder()
    os.mkdir(os.path.join(root, "query", "more"))
    level, text = _tell(read_folders("folder", root))[-1]
    assert level == "warning" and text.startswith("Left aside: 1 folder. Only")
