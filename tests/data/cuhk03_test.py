"""CUHK03's classic protocol."""

import os

import numpy as np
import pytest

from tests import cuhk_files
from tfreid.data import cuhk03, cuhk03_mat
from tfreid.data.checks import inspect
from tfreid.data.cuhk03_images import Cuhk03Images
from tfreid.data.dataset import Split
from tfreid.data.readers import read_layout
from tfreid.data.specs import SPECS
from tfreid.errors import InputError
from tfreid.options import DataOptions


def _read(folder, dataset="cuhk03_labeled", **options):
    return read_layout(DataOptions(dataset=dataset, data_dir=folder, **options))


def _list_pids(split):
    return sorted(set(split.pids.tolist()))


def test_the_files_own_test_sets_are_tested_on_and_the_papers_others_learned_from(cuhk03_folder):
    """Pids: pair 1 has 1-5, pair 2 6-9, pair 3 10-11; pairs 4 and 5 are not the paper's."""
    folder = cuhk03_folder()
    first, second = _read(folder), _read(folder, split="1")
    assert _list_pids(first.query) == [2, 6, 11]  # (1, 2), (2, 1), (3, 2)
    assert _list_pids(first.train) == [1, 3, 4, 5, 7, 8, 9, 10]
    assert _list_pids(second.query) == [1, 5, 9]  # (1, 5), (1, 1), (2, 4)
    assert (first.partition, second.partition) == ("0", "1")
    assert first.fingerprint() != second.fingerprint()


def test_all_others_are_learned_from_on_request(cuhk03_folder):
    dataset = _read(cuhk03_folder(), all_train_identities=True)
    assert _list_pids(dataset.train) == [1, 3, 4, 5, 7, 8, 9, 10, 12, 13, 14]


def test_query_and_gallery_are_all_images_of_the_test_identities(cuhk03_folder):
    dataset = _read(cuhk03_folder())
    assert dataset.query is dataset.gallery
    assert len(dataset.query) == 3 * len(cuhk_files.COLUMNS)
    assert sorted(set(dataset.query.camids.tolist())) == [1, 2]


def test_no_more_identities_are_learned_from_than_the_paper_has(cuhk03_folder, monkeypatch):
    monkeypatch.setattr(cuhk03, "_PAPERS_TRAIN", 5)
    folder = cuhk03_folder()
    trains = [_list_pids(_read(folder, split=split).train) for split in ("0", "1", "random:0")]
    assert [len(train) for train in trains] == [5, 5, 5]
    assert set(trains[0]) < {1, 3, 4, 5, 7, 8, 9, 10}
    assert trains[0] == _list_pids(_read(folder).train)


def test_random_splits_share_nobody_between_training_and_test(cuhk03_folder):
    folder = cuhk03_folder()
    tests = set()
    for number in range(10):
        dataset = _read(folder, split=f"random:{number}", test_identities=4)
        train, test = _list_pids(dataset.train), _list_pids(dataset.query)
        assert len(test) == 4 and sorted(train + test) == list(range(1, 12))
        tests.add(tuple(test))
    assert len(tests) > 5


def test_both_variants_are_split_alike(cuhk03_folder):
    folder = cuhk03_folder()
    for split in ("1", "random:2"):
        labeled, detected = [_read(folder, f"cuhk03_{v}", split=split) for v in cuhk03_mat.VARIANTS]
        np.testing.assert_array_equal(labeled.query.pids, detected.query.pids)
        assert labeled.query.paths[0] != detected.query.paths[0]


def test_the_file_itself_may_be_given_and_its_folder_may_lie_deeper(cuhk03_folder, tmp_path):
    folder = cuhk03_folder(name="cuhk03_release")
    assert _read(f"{folder}/cuhk-03.mat").root == folder
    assert _read(str(tmp_path)).root == folder


def test_the_fingerprint_stays_when_the_folder_moves(cuhk03_folder, tmp_path):
    folder = cuhk03_folder()
    before = _read(folder).fingerprint()
    os.rename(folder, tmp_path / "elsewhere")
    assert _read(str(tmp_path / "elsewhere")).fingerprint() == before


@pytest.fixture
def full_size(cuhk03_folder, monkeypatch):
    """A folder that reads as if it held all of CUHK03: an image of everyone by both cameras."""
    counts = np.array([843, 440, 77, 58, 49])
    starts = np.append(0, np.cumsum(counts))
    pids = np.repeat(np.arange(1, starts[-1] + 1), 2)
    split = Split([f"{row}.png" for row in range(len(pids))], pids, np.arange(len(pids)) % 2 + 1)
    images = Cuhk03Images(
        folder="images",
        split=split,
        pairs=np.repeat(np.arange(1, 6), 2 * counts),
        identities=dict(enumerate(counts.tolist(), start=1)),
        first_pids=dict(enumerate(starts[:-1].tolist(), start=1)),
    )
    monkeypatch.setattr(cuhk03, "prepare_images", lambda *_: images)
    table = [(1, who) for who in range(1, 61)] + [(2, who) for who in range(1, 41)]
    return cuhk03_folder(test_sets=20 * [table])


@pytest.mark.parametrize("split", ["0", "19", "random:0", "random:9"])
@pytest.mark.parametrize(("takes_all", "num_train"), [(False, 1160), (True, 1367)])
def test_the_published_counts_of_identities(full_size, split, takes_all, num_train):
    """Table 2 of KVM-MN's paper: 1,160 and 100 of 1,360. All of the file's 1,467 leave 1,367."""
    assert SPECS["cuhk03_labeled"].whole.identities == 1160 + 207 + 100
    options = {"split": split, "all_train_identities": takes_all}
    dataset = cuhk03.read_cuhk03(
        "cuhk03_labeled", DataOptions(dataset="cuhk03_labeled", data_dir=full_size, **options)
    )
    train, test = _list_pids(dataset.train), _list_pids(dataset.query)
    assert (len(train), len(test)) == (num_train, 100)
    assert not set(train) & set(test)
    assert max(test) <= 1360 and (max(train) > 1360) == takes_all
    left = f"{1467 - 100 - num_train:,} left aside"
    assert left in dataset.notes[1][1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "2"}, "split=2: CUHK03 .classic protocol, labeled. has the splits 0 to 1 and"),
        ({"split": "random:10"}, "split=random:10: .* 0 to 1 and random:0 to random:9"),
        ({"test_identities": 4}, "test_identities=4: test set 0 of .*cuhk-03.mat has 3; leave"),
        (
            {"split": "random:0", "test_identities": 11},
            "test_identities=11: there are 11 identities; give fewer",
        ),
    ],
)
def test_wrong_splits_are_one_clear_line(cuhk03_folder, options, message):
    with pytest.raises(InputError, match=message) as caught:
        _read(cuhk03_folder(), **options)
    assert "\n" not in str(caught.value)


def test_a_split_must_be_a_number():
    with pytest.raises(InputError, match="split=first: give a number, as in 3, or random:3"):
        DataOptions(split="first")


@pytest.mark.parametrize("row", [(6, 1), (1, 0), (2, 5)])
def test_a_test_set_that_names_nobody_is_told(cuhk03_folder, row):
    folder = cuhk03_folder(test_sets=[[(1, 1), row]])
    message = f"names identity {row[1]} of the pair of cameras {row[0]}, which is not in the file"
    with pytest.raises(InputError, match=message):
        _read(folder)


def test_no_folder_is_not_the_current_one(cuhk03_folder, monkeypatch):
    monkeypatch.chdir(cuhk03_folder())
    with pytest.raises(InputError, match="data_dir=: no cuhk-03.mat there"):
        _read("")


def test_a_folder_without_the_file_is_told(tmp_path):
    with pytest.raises(InputError, match=f"data_dir={tmp_path}: no cuhk-03.mat there; datas"):
        _read(str(tmp_path))


def test_a_check_tells_the_file_the_split_and_who_is_seen_by_one_camera_only(cuhk03_folder):
    text = " ".join(inspect(_read(cuhk03_folder())).text().split())
    assert "warning Layout: cuhk-03.mat, 54 labeled images of 14 identities, extracted to" in text
    assert "but published are 14,096 of 1,467 identities." in text
    assert "Split 0 (the file's own): 8 identities to learn from, 3 to test on, 3 left" in text
    # (3, 1), pid 10, has no image by the second camera.
    assert "Training identities by the number of cameras that see them: 1 by 1, 7 by 2." in text
    assert "takes no probes of the 1 seen by one only" in text
    assert "No two files have the same content." in text
    assert text.endswith("Training: possible. Evaluation: possible.")


def test_a_query_seen_by_one_camera_only_is_told(cuhk03_folder):
    folder = cuhk03_folder(test_sets=[[(1, 1), cuhk_files.ONE_CAMERA]])
    text = " ".join(inspect(_read(folder)).text().split())
    assert "Test identities by the number of cameras that see them: 1 by 1, 1 by 2." in text
    assert "Without a match by another camera: 2 of 6 queries." in text
