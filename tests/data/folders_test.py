"""Folders in Market-1501's layout. Only names are read here: the files are empty."""

import collections
import os

import pytest

from tfreid.data import folders
from tfreid.data.file_tree import tell_kinds
from tfreid.errors import InputError

FOLDERS = ("bounding_box_train", "query", "bounding_box_test")


@pytest.fixture
def make_tree(tmp_path):
    """Makes empty files; returns the folder. Arguments: where, then {folder: names}."""

    def make(tree, where=""):
        for folder, names in tree.items():
            path = tmp_path / where / folder
            path.mkdir(parents=True)
            for name in names:
                (path / name).touch()
        return str(tmp_path)

    return make


def _make_plain():
    return {folder: ["0001_c1_0.jpg", "0002_c2_0.jpg"] for folder in FOLDERS}


def test_names_give_pid_and_camera_and_set_the_order(make_tree):
    """Market-1501's real forms, among them two suffixes; pids of 5 digits; capital letters."""
    tree = _make_plain()
    tree["bounding_box_test"] = [
        "0003_c6s4_000001_00.jpg.jpg",
        "-1_c1s1_000401_03.jpg",
        "0000_c2s1_000001_00.JPG",
        "12345_c12_f0001.Png",
    ]
    gallery = folders.read_folders("market1501", make_tree(tree)).gallery
    assert gallery.pids.tolist() == [-1, 0, 3, 12345]
    assert gallery.camids.tolist() == [1, 2, 6, 12]
    assert gallery.paths[2].endswith("/bounding_box_test/0003_c6s4_000001_00.jpg.jpg")


def test_only_base_names_are_parsed(make_tree):
    root = make_tree(_make_plain(), where="0009_c9_copy")
    dataset = folders.read_folders("market1501", f"{root}/0009_c9_copy")
    assert dataset.train.pids.tolist() == [1, 2] and dataset.train.camids.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("name", "home"),
    [
        ("market1501", "Market-1501-v15.09.15"),
        ("dukemtmc_reid", "DukeMTMC-reID"),
        ("cuhk03_np_labeled", "labeled"),
        ("cuhk03_np_detected", "cuhk03-np/detected"),
    ],
)
def test_the_folder_above_is_good_as_well(make_tree, name, home):
    root = make_tree(_make_plain(), where=home)
    for data_dir in (root, f"{root}/{home}"):
        dataset = folders.read_folders(name, data_dir)
        assert dataset.name == name and dataset.root == f"{root}/{home}"
        assert [len(split) for _, split in dataset.splits()] == [2, 2, 2]


def test_what_is_no_image_is_left_aside_and_counted(make_tree, tmp_path):
    names = ["b_c1.jpeg", "a_c1.png", "Thumbs.db", "._a_c1.jpg", ".DS_Store", "x.txt", "y.txt", "z"]
    make_tree({"query": names, "query/inner": ["0001_c1_0.jpg"]})
    images, others = folders.list_images(str(tmp_path / "query"))
    assert images == ["a_c1.png", "b_c1.jpeg"]
    assert others == collections.Counter(
        {".db file": 1, "hidden file": 2, ".txt file": 2, "suffixless file": 1, "folder": 1}
    )
    text = "1 .db file, 2 .txt files, 1 folder, 2 hidden files, 1 suffixless file"
    assert tell_kinds(others) == text


def test_own_folders_may_hold_training_or_test_alone(make_tree):
    tree = _make_plain()
    root = make_tree({"bounding_box_train": tree.pop("bounding_box_train")}, where="a")
    make_tree(tree, where="b")
    only_train = folders.read_folders("folder", f"{root}/a")
    only_test = folders.read_folders("folder", f"{root}/b")
    assert [len(split) for _, split in only_train.splits()] == [2, 0, 0]
    assert [len(split) for _, split in only_test.splits()] == [0, 2, 2]


def _expect(message, name, data_dir):
    with pytest.raises(InputError, match=message) as caught:
        folders.read_folders(name, data_dir)
    assert "\n" not in str(caught.value)


def test_a_missing_data_dir_is_named():
    _expect("`data_dir` is empty: give the folder that holds bounding_box_train", "folder", "")
    _expect("data_dir=/no/such: no such folder", "market1501", "/no/such")


def test_a_file_instead_of_a_folder_is_named(tmp_path):
    (tmp_path / "market.zip").touch()
    _expect("market.zip: a file; give a folder", "market1501", str(tmp_path / "market.zip"))


@pytest.mark.parametrize(
    ("tree", "where", "message"),
    [
        ({}, "", "needs the folders bounding_box_train, query, .* holds nothing"),
        ({"photos": []}, "", "but it holds the folders photos"),
        ({folder: [] for folder in FOLDERS}, "deep", r"Did you mean data_dir=.*/deep\?"),
        ({folder: [] for folder in FOLDERS}, "detected", "looks like dataset=cuhk03_np_detected"),
        (
            {n: ["1_c1.jpg"] for n in ("train", "gallery")},
            "",
            "Rename train to bounding_box_train, gallery to bound",
        ),
        ({".": ["cuhk-03.mat"]}, "x", "the folders x.$"),
    ],
)
def test_an_unknown_layout_is_described_with_a_way_out(make_tree, tmp_path, tree, where, message):
    make_tree(tree, where=where)
    _expect(message, "market1501", str(tmp_path))


def test_matlab_files_are_not_folders(make_tree, tmp_path):
    make_tree({"cuhk": ["cuhk-03.mat", "readme.txt"]})
    message = (
        "holds the files cuhk-03.mat, readme.txt and no folder. Of files ending .mat only CUHK03's"
    )
    _expect(message, "cuhk03_np_labeled", str(tmp_path / "cuhk"))


@pytest.mark.parametrize("missing", FOLDERS)
def test_a_missing_split_is_named(make_tree, missing):
    tree = _make_plain()
    del tree[missing]
    root = make_tree(tree)
    if missing == "bounding_box_train":
        _expect(f"lacks {missing}; it holds the folders .*dataset=folder", "market1501", root)
    else:
        for name in ("market1501", "folder"):
            _expect(f"lacks {missing}; it holds the folders (?!.*dataset=)", name, root)
        _expect(f"lacks {missing}; .* needed together", "folder", root)


def test_an_empty_split_is_named(make_tree):
    tree = {**_make_plain(), "query": ["list.txt"]}
    _expect(
        r"/query: no images; .jpg .jpeg .png .* holds 1 .txt file\.", "market1501", make_tree(tree)
    )


def test_images_in_folders_of_their_own_are_not_found(make_tree):
    tree = {**_make_plain(), "query": [], "query/0001": ["0001_c1_0.jpg"]}
    _expect(r"/query: no images; .* holds 1 folder\.", "folder", make_tree(tree))


@pytest.mark.parametrize("bad", ["anna.jpg", "1_001_1_01.png", "0001c1.jpg", "x0001_c1.jpg"])
def test_a_name_that_cannot_be_read_is_named_and_counted(make_tree, bad):
    tree = {**_make_plain(), "query": ["0001_c1_0.jpg", bad, "zoe.jpg"]}
    _expect(f"/query/{bad}: 2 of 3 image names do not start with PID_c", "folder", make_tree(tree))


def test_a_name_that_is_not_utf8_is_named(make_tree):
    root = make_tree(_make_plain())
    open(os.fsencode(root) + b"/query/0001_c1_\xff.jpg", "w").close()
    _expect("0001_c1_.udcff.jpg': the name is not UTF-8; rename it", "folder", root)


def test_numbers_too_large_for_an_identity_are_not_names(make_tree):
    tree = {**_make_plain(), "query": ["12345678901_c1.jpg"]}
    _expect("12345678901_c1.jpg: 1 of 1 image names", "folder", make_tree(tree))


def test_a_link_to_itself_is_no_folder_and_told_by_whoever_reads_it(tmp_path):
    (tmp_path / "0001_c1.jpg").symlink_to(tmp_path / "0001_c1.jpg")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    names, others = folders.list_images(tmp_path)
    assert names == ["0001_c1.jpg"] and dict(others) == {"suffixless file": 1}
