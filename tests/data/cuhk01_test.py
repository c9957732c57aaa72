"""CUHK01's folder and splits."""

import json
import os

import numpy as np
import pytest

from tfreid.data.checks import inspect
from tfreid.data.partitions import draw_identities
from tfreid.data.readers import read_dataset, read_layout
from tfreid.errors import InputError
from tfreid.options import DataOptions


def _read(folder, **options):
    return read_layout(
        DataOptions(dataset="cuhk01", data_dir=folder, **{"test_identities": 3, **options})
    )


def _list_pids(split):
    return sorted(set(split.pids.tolist()))


def test_names_give_identity_and_camera(cuhk01_folder):
    train = _read(cuhk01_folder()).train
    for path, pid, camid in zip(train.paths, train.pids, train.camids):
        name = os.path.basename(path)
        assert pid == int(name[:4]) and camid == {"1": 1, "2": 1, "3": 2, "4": 2}[name[6]]


def test_the_test_identities_are_query_and_gallery(cuhk01_folder):
    folder = cuhk01_folder()
    for number in range(10):
        dataset = _read(folder, split=str(number))
        train, test = draw_identities(range(1, 8), number, 3)
        assert _list_pids(dataset.train) == train.tolist()
        assert _list_pids(dataset.query) == test.tolist()
        assert dataset.query is dataset.gallery and len(dataset.query) == 12
        assert dataset.partition == str(number)


def test_numbers_of_test_identities_have_a_file_each(cuhk01_folder):
    folder = cuhk01_folder()
    for number in (2, 3):
        assert len(_list_pids(_read(folder, test_identities=number).query)) == number
    files = [name for name in os.listdir(f"{folder}/campus") if name.endswith(".json")]
    assert sorted(files) == ["tfreid_splits_2.json", "tfreid_splits_3.json"]


def test_the_splits_and_the_fingerprint_stay_when_the_root_moves(cuhk01_folder, tmp_path):
    folder = cuhk01_folder()
    before = _read(folder, split="4")
    fingerprint = before.fingerprint()
    os.rename(folder, tmp_path / "elsewhere")
    after = _read(str(tmp_path / "elsewhere" / "campus"), split="4")
    assert after.fingerprint() == fingerprint
    np.testing.assert_array_equal(after.query.pids, before.query.pids)


def test_splits_that_name_missing_files_are_one_clear_line(cuhk01_folder):
    folder = cuhk01_folder()
    path = _read(folder).query.paths[1]
    os.remove(path)
    message = f"names 1 of 12 files that are not there, first {os.path.basename(path)}; complete"
    with pytest.raises(InputError, match=message) as caught:
        _read(folder)
    assert "\n" not in str(caught.value)


def test_splits_of_others_can_be_used(cuhk01_folder):
    folder = cuhk01_folder()
    split = {"train": ["0003001.png", "0003003.png"], "test": ["0001001.png", "0001004.png"]}
    with open(f"{folder}/campus/tfreid_splits_1.json", "w") as file:
        json.dump({"splits": [split]}, file)
    dataset = _read(folder, test_identities=1)
    assert _list_pids(dataset.train) == [3] and dataset.query.camids.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "10"}, "split=10: CUHK01 has the splits 0 to 9."),
        ({"split": "random:1"}, "split=random:1: CUHK01 has the splits 0 to 9."),
        ({"test_identities": 7}, "test_identities=7: there are 7 identities; give fewer"),
        ({"test_identities": 0}, "test_identities=486: there are 7 identities"),
        ({"all_train_identities": True}, "all_train_identities=true: CUHK01 leaves no such"),
    ],
)
def test_wrong_choices_are_one_clear_line(cuhk01_folder, options, message):
    with pytest.raises(InputError, match=message):
        _read(cuhk01_folder(), **options)


@pytest.mark.parametrize("name", ["0008005.png", "0000001.png", "0008000.png", "map.png"])
def test_names_that_mean_nothing_are_told(cuhk01_folder, name):
    folder = cuhk01_folder()
    os.rename(f"{folder}/campus/0007004.png", f"{folder}/campus/{name}")
    with pytest.raises(InputError, match=f"{name}: 1 of 28 image names are not identity and im"):
        _read(folder)


def test_a_folder_without_such_images_is_told(tmp_path, market_folder):
    with pytest.raises(InputError, match="no images named PPPPNNN.png, as in 0001001.png, there"):
        _read(str(tmp_path))
    with pytest.raises(InputError, match="no images named PPPPNNN.png"):
        _read(f"{market_folder()}/query")
    with pytest.raises(InputError, match="data_dir=/no/such: no such folder"):
        _read("/no/such")


def test_a_check_tells_the_counts_and_the_split(cuhk01_folder):
    dataset = _read(cuhk01_folder(), split="2")
    text = " ".join(inspect(dataset).text().split())
    assert "CUHK01 in" in text
    assert "warning Layout: one folder, 28 images of 7 identities; but published are 3,884" in text
    assert "ok Split 2 of tfreid_splits_3.json: 4 identities to learn from, 3 to test on." in text
    assert text.endswith("Training: possible. Evaluation: possible.")


def test_headers_are_checked_like_those_of_other_data_sets(cuhk01_folder):
    folder = cuhk01_folder()
    path = _read(folder).train.paths[0]
    with open(path, "w") as file:
        file.write("text")
    with pytest.raises(InputError, match=f"{path}: neither JPEG nor PNG"):
        read_dataset(DataOptions(dataset="cuhk01", data_dir=folder, test_identities=3))
