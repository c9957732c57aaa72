"""From the flags to a data set."""

import os

import pytest
from absl import logging

from tfreid import pedestrians
from tfreid.data import readers
from tfreid.errors import InputError
from tfreid.options import DataOptions

MARKET_FOLDER = os.environ.get("TFREID_MARKET1501", "")


def _read(folder, dataset="folder", **needs):
    return readers.read_dataset(DataOptions(dataset=dataset, data_dir=folder), **needs)


def test_a_folder_is_read_with_its_junk_and_distractors(market_folder):
    dataset = _read(market_folder(ids=3, cameras=2, images=2, junk=4, distractors=5))
    assert [len(split) for _, split in dataset.splits()] == [12, 6, 21]
    assert sorted(set(dataset.train.pids.tolist())) == [1, 2, 3]
    assert sorted(set(dataset.gallery.pids.tolist())) == [-1, 0, 4, 5, 6]


def test_the_home_folder_may_be_written_as_a_tilde(market_folder, monkeypatch):
    folder = market_folder()
    monkeypatch.setenv("HOME", os.path.dirname(folder))
    dataset = _read(f"~/{os.path.basename(folder)}")
    assert dataset.root == folder


def test_a_csv_is_read(market_folder, tmp_path):
    image = _read(market_folder()).train.paths[0]
    table = tmp_path / "table.csv"
    table.write_text(f"path,pid,camid,split\n{image},4,2,train\n")
    dataset = _read(str(table), dataset="csv")
    assert dataset.train.pids.tolist() == [4] and not len(dataset.query)


def test_synthetic_pedestrians_are_drawn_first(market_folder, monkeypatch):
    asked = []

    def prepare(data_dir):
        asked.append(data_dir)
        return market_folder(ids=2)

    monkeypatch.setattr(pedestrians, "prepare_synthetic", prepare)
    dataset = _read("somewhere", dataset="synthetic")
    assert asked == ["somewhere"]
    assert dataset.name == "synthetic" and len(dataset.train) == 8


def test_headers_are_checked(market_folder):
    folder = market_folder()
    path = _read(folder).query.paths[1]
    with open(path, "w") as file:
        file.write("text")
    with pytest.raises(InputError, match=f"{path}: neither JPEG nor PNG"):
        _read(folder)
    with pytest.raises(InputError, match="neither JPEG nor PNG"):
        _read(folder, needs=("query", "gallery"))
    assert _read(folder, needs=("train",)).query.paths[1] == path


@pytest.mark.parametrize(
    ("choice", "told"),
    [({"split": "1"}, "split=1"), ({"test_identities": 9}, "test_identities=9")],
)
def test_a_data_set_without_a_choice_of_identities_refuses_one(market_folder, choice, told):
    options = DataOptions(dataset="folder", data_dir=market_folder(), **choice)
    with pytest.raises(InputError, match=f"^{told}: own folder leaves no such choice of identi"):
        readers.read_dataset(options)


def test_what_the_reader_noted_as_a_warning_is_logged(cuhk01_folder, monkeypatch):
    lines = []
    monkeypatch.setattr(logging, "warning", lambda form, *values: lines.append(form % values))
    folder = cuhk01_folder()
    readers.read_dataset(DataOptions(dataset="cuhk01", data_dir=folder, test_identities=2))
    assert len(lines) == 1 and lines[0].startswith(f"{folder}/campus: Layout: one folder, 28 im")


def test_a_split_that_is_needed_must_hold_images(market_folder, tmp_path):
    folder = market_folder()
    os.rename(f"{folder}/bounding_box_train", tmp_path / "away")
    assert not len(_read(folder, needs=("query", "gallery")).train)
    with pytest.raises(InputError, match=f"{folder}: no train images, which are needed here"):
        _read(folder, needs=("train",))


@pytest.mark.parametrize("folder", ["bounding_box_train", "query"])
@pytest.mark.parametrize("pid", ["0000", "-1"])
def test_nobody_cannot_be_trained_on_or_looked_for(market_folder, folder, pid):
    root = market_folder()
    first = sorted(os.listdir(f"{root}/{folder}"))[0]
    os.rename(f"{root}/{folder}/{first}", f"{root}/{folder}/{pid}_c1_1.jpg")
    split = {"bounding_box_train": "train"}.get(folder, folder)
    message = rf"{pid}_c1_1.jpg: identity {int(pid)} in the split {split} \(1 such image\); 0 \(dis"
    with pytest.raises(InputError, match=message):
        _read(root)


def test_a_pid_below_junk_means_nothing(market_folder):
    root = market_folder(junk=1)
    (junk,) = [name for name in os.listdir(f"{root}/bounding_box_test") if name.startswith("-1")]
    os.rename(f"{root}/bounding_box_test/{junk}", f"{root}/bounding_box_test/-2{junk[2:]}")
    with pytest.raises(InputError, match="identity -2 in the split gallery"):
        _read(root)


def test_counts_other_than_published_are_logged(market_folder, monkeypatch):
    lines = []
    monkeypatch.setattr(logging, "warning", lambda form, *values: lines.append(form % values))
    folder = market_folder()
    _read(folder)
    assert not lines
    _read(folder, dataset="cuhk03_np_labeled")
    assert len(lines) == 1
    assert lines[0].startswith(f"{folder}: other counts than CUHK03 (new protocol, labeled)")


def test_the_real_market_1501_has_its_published_counts():
    """Needs the data set in the folder $TFREID_MARKET1501."""
    if not os.path.isdir(MARKET_FOLDER):
        pytest.skip("TFREID_MARKET1501 names no folder")
    dataset = readers.read_layout(DataOptions(data_dir=MARKET_FOLDER))
    assert [len(split) for _, split in dataset.splits()] == [12936, 3368, 19732]
    assert len(set(dataset.train.pids.tolist())) == 751
    assert len(set(dataset.query.pids.tolist())) == 750
    assert sum(path.endswith(".jpg.jpg") for _, s in dataset.splits() for path in s.paths) == 24
    assert (dataset.gallery.pids != -1).sum() == 15913
