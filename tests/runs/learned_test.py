"""People that a network has learned from are known again."""

import shutil

import numpy as np
import pytest
from PIL import Image

from tests.image_files import make_picture
from tfreid.data.dataset import Dataset, Split, make_empty_split
from tfreid.data.examination import examine
from tfreid.data.file_prints import hash_files
from tfreid.data.likeness import hash_pictures
from tfreid.data.readers import read_layout
from tfreid.options import DataOptions
from tfreid.runs.learned import read_learned, write_learned


@pytest.fixture
def dataset(market_folder):
    folder = market_folder(ids=3, size=(40, 18))
    return read_layout(DataOptions(dataset="folder", data_dir=folder))


def _learn(path, dataset, before=None):
    write_learned(str(path), dataset, before)
    return read_learned(str(path))


def test_images_are_known_by_content_whatever_their_names_and_folders(dataset, tmp_path):
    learned = _learn(tmp_path / "l.npz", dataset)
    train = dataset.train
    copies = []
    for number, path in enumerate(train.paths):
        copies.append(shutil.copy(path, tmp_path / f"other_{number}.png"))
    people = len(set(train.pids.tolist()))
    assert learned.count(train.paths, train.pids) == people
    assert learned.count(copies, 100 + train.pids, "csv") == people
    assert learned.count(train.paths, 0 * train.pids) == 0  # nobody: distractors
    assert learned.count(dataset.query.paths, dataset.query.pids) == 0
    mixed = (*dataset.query.paths, copies[0])
    assert learned.count(mixed, [*dataset.query.pids, 77]) == 1


def test_images_are_known_however_they_were_saved_again(dataset, tmp_path):
    train = dataset.train
    for number, path in enumerate(train.paths):
        make_picture(number).save(path)
    learned = _learn(tmp_path / "l.npz", dataset)
    copies = [str(tmp_path / f"{number}.jpg") for number in range(len(train))]
    for path, copy in zip(train.paths, copies):
        Image.open(path).resize((24, 50)).save(copy, quality=60)
    pictures = hash_files(copies)
    assert learned.count(copies, train.pids) == 0
    assert learned.count(copies, train.pids, pictures=pictures) == len(set(train.pids.tolist()))
    others = [str(tmp_path / f"other_{number}.jpg") for number in range(30)]
    for number, path in enumerate(others):
        make_picture(500 + number).save(path)
    assert learned.count(others, range(1, 31), pictures=hash_files(others)) == 0
    Image.new("L", (20, 40)).save(others[0])
    assert not hash_files(others[:1]).any() and not hash_files(["nowhere.png"]).any()


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "CMYK", "I;16", "turned"])
def test_a_look_at_a_file_shows_what_a_whole_examination_does(tmp_path, mode):
    """But for what is rounded, and clipped, in another order."""
    picture, path = make_picture(3).resize((96, 208)), str(tmp_path / "image.jpg")
    if mode == "I;16":
        levels = np.asarray(picture.convert("L"), np.uint16) * 257
        Image.fromarray(levels).save(path := path.replace("jpg", "png"))
    elif mode in ("RGBA", "P"):
        picture.convert(mode).save(path := path.replace("jpg", "png"))
    else:
        exif = Image.Exif()
        exif[0x0112] = 6 if mode == "turned" else 1
        picture.convert("RGB" if mode == "turned" else mode).save(path, exif=exif)
    whole = examine(path).likeness[np.newaxis]
    whole, quick = hash_pictures(whole).astype(int), hash_files([path]).astype(int)
    differing = np.unpackbits((whole ^ quick)[:, :-2].astype(np.uint8)).sum()
    assert differing <= 3 and np.abs(whole - quick)[:, -2:].max() <= 1


def test_files_of_a_version_before_pictures_were_hashed_are_read(dataset, tmp_path):
    learned = _learn(tmp_path / "l.npz", dataset)
    np.savez(tmp_path / "old.npz", files=learned.files, people=learned.people)
    old, train = read_learned(str(tmp_path / "old.npz")), dataset.train
    pictures = hash_files(train.paths)
    assert old.count(train.paths, train.pids, pictures=pictures) == 3
    assert old.count(["a"] * len(train), train.pids, pictures=pictures) == 0


def test_variants_of_a_data_set_share_their_people(tmp_path):
    def make(name, pids):
        paths = tuple(f"nowhere/{name}_{pid}.png" for pid in pids)
        split = Split(paths, np.array(pids), np.ones(len(pids)))
        return Dataset(name, "nowhere", split, make_empty_split(), make_empty_split())

    learned = _learn(tmp_path / "l.npz", make("cuhk03_labeled", [3, 4, 5]))
    own = _learn(tmp_path / "m.npz", make("folder", [3, 4, 5]))
    test = make("cuhk03_np_detected", [4, 5, 6]).train
    assert learned.count(test.paths, test.pids, "cuhk03_np_detected") == 2
    assert learned.count(test.paths, test.pids, "folder") == 0  # there, numbers mean anybody
    assert own.count(test.paths, test.pids, "folder") == 0


def test_those_of_the_weights_before_stay_known(dataset, tmp_path):
    before = _learn(tmp_path / "before.npz", dataset)
    query = Dataset("folder", dataset.root, dataset.query, make_empty_split(), make_empty_split())
    learned = _learn(tmp_path / "after.npz", query, before)
    assert learned.count(dataset.train.paths, dataset.train.pids) == 3
    assert learned.count(dataset.query.paths, dataset.query.pids) > 0


def test_without_a_whole_file_nothing_is_known(tmp_path, dataset):
    path = tmp_path / "l.npz"
    assert read_learned(str(path)) is None
    _learn(path, dataset)
    content = path.read_bytes()
    for damaged in (b"", content[:-30], content[:60] + b"\0\0\0\0" + content[64:]):
        path.write_bytes(damaged)
        read_learned(str(path))  # None, or unharmed: never a trace
    path.write_bytes(b"")
    assert read_learned(str(path)) is None
