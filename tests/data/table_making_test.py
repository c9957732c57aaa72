"""From a folder of photos to a table. Only names are read: the files are empty."""

import os

import numpy as np
import pytest

from tfreid.data.csv_table import read_csv
from tfreid.data.table_making import make_table
from tfreid.errors import InputError

WITH_CAMERA = "{pid}/{camid}_{}.png"


@pytest.fixture
def photos(tmp_path):
    """A function that makes empty images below the folder `photos`, and returns the folder."""

    def make(*paths):
        for path in paths:
            place = tmp_path / "photos" / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch()
        return str(tmp_path / "photos")

    return make


def list_paths(people, cameras=("door", "yard"), images=2):
    return [f"{who}/{cam}_{n}.png" for who in people for cam in cameras for n in range(images)]


def make(folder, pattern=WITH_CAMERA, share=0.2, seed=0, out=None):
    out = out or f"{os.path.dirname(folder)}/table.csv"
    return make_table(folder, pattern, share, seed, out), read_csv(out)


def names(split):
    return sorted({split.label(row)[0] for row in range(len(split))})


def test_people_are_parted_and_every_query_has_a_match_by_another_camera(photos):
    people = [f"p{number}" for number in range(10)]
    _, dataset = make(photos(*list_paths(people)), share=0.3)
    tested = names(dataset.query)
    assert len(tested) == 3 and names(dataset.gallery) == tested
    assert names(dataset.train) == sorted(set(people) - set(tested))
    assert [len(split) for _, split in dataset.splits()] == [28, 6, 6]
    assert {dataset.query.label(row)[1] for row in range(6)} == {"door", "yard"}


def test_the_seed_chooses_and_the_same_one_chooses_the_same(photos, tmp_path):
    folder = photos(*list_paths("abcdefgh"))
    tested = [
        names(make(folder, share=0.25, seed=seed, out=str(tmp_path / f"{n}.csv"))[1].query)
        for n, seed in enumerate((0, 0, 1, 2, 3))
    ]
    assert tested[0] == tested[1] and len({tuple(who) for who in tested}) > 1


def test_one_image_of_each_camera_is_enough(photos):
    _, dataset = make(photos(*list_paths("ab", images=1)), share=1)
    assert len(dataset.query) == 2 == len(dataset.gallery)
    assert not np.isin(dataset.query.camids, dataset.gallery.camids).any()


def test_without_cameras_each_image_has_its_own(photos):
    text, dataset = make(photos(*list_paths("abcde")), pattern="{pid}/{}")
    assert [len(split) for _, split in dataset.splits()] == [16, 1, 3]
    assert dataset.gallery.label(0)[1] is None
    assert "unknown" in dict(dataset.notes)["warning"]


def test_one_camera_is_told_with_a_pattern_that_can_be_measured(photos, tmp_path):
    folder = photos(*list_paths("abcde", cameras=("door",)))
    text, dataset = make(folder)
    assert not len(dataset.query) and len(dataset.train) == 10
    hint = text.partition("pattern='")[2].partition("'")[0]
    assert len(make(folder, pattern=hint, out=str(tmp_path / "b.csv"))[1].query) == 1


def test_only_those_who_can_be_tested_on_are(photos):
    folder = photos(*list_paths("abc", cameras=("door",)), *list_paths("z"))
    assert names(make(folder, share=0.5)[1].query) == ["z"]


def test_names_with_commas_quotes_and_breaks_come_back_as_they_are(photos):
    who = ['a, "b"', "o'neil", "=1+1", "人", "0007"]
    paths = list_paths(who) + [" x/door_\n1.png"]
    with pytest.raises(InputError, match="pid ' x'; begins or ends with a blank"):
        make(photos(*paths))
    os.rename(photos(" x/door_\n1.png") + "/ x", photos() + "/x")
    _, dataset = make(photos())
    found = sorted({who for _, split in dataset.splits() for who in names(split)})
    assert found == sorted({*who, "x"})
    assert any("\n" in path for path in dataset.train.paths)


def test_a_carriage_return_in_a_name_comes_back(photos):
    _, dataset = make(photos(*list_paths("ab"), "a/door_\r1.png"))
    assert any("\r" in path for path in dataset.train.paths + dataset.gallery.paths)


def test_people_who_are_all_nobody_make_no_table(photos, tmp_path):
    with pytest.raises(InputError, match="pid 0 or -1"):
        make(photos(*list_paths(["0", "-1"])), out=str(tmp_path / "t.csv"))
    assert not (tmp_path / "t.csv").exists()


def test_a_blank_at_the_beginning_of_a_path_is_kept(photos, tmp_path):
    photos("../ y/1.png", "../ y/2.png")
    _, dataset = make(str(tmp_path), pattern=" {pid}/{}", out=str(tmp_path / "t.csv"))
    assert names(dataset.train) + names(dataset.query) == ["y"]


def test_paths_hold_from_the_folder_of_the_table(photos, tmp_path):
    (tmp_path / "tables").mkdir()
    _, dataset = make(photos(*list_paths("ab")), out=str(tmp_path / "tables" / "t.csv"))
    assert all(os.path.isfile(path) for path in dataset.train.paths)


def test_junk_and_distractors_are_gallery_and_told(photos):
    folder = photos(*list_paths(["0000", "-1", "1", "2"]))
    text, dataset = make(folder, share=0.5)
    assert names(dataset.train) in (["1"], ["2"], [1], [2])
    assert {-1, 0} < set(dataset.gallery.pids.tolist())
    assert "pid 0 means" in text and "pid -1 means" in text


def test_what_does_not_match_is_counted_and_named(photos):
    text, _ = make(photos(*list_paths("ab"), "a/deep/er/1.png", "x.png", "notes.txt"))
    assert "2 image" in text and "a/deep/er/1.png" in text and "1 .txt file" in text


@pytest.mark.parametrize(
    ("paths", "settings", "message"),
    [
        (["a/1.jpg"], {}, "pattern=.*: none of the 1 image in .* the first is a/1.jpg"),
        (["a.txt"], {}, "folder=.*: no images; .* it holds 1 .txt file"),
        (["7/c_1.png", "007/c_1.png"], {}, "pid '7' is written '007' elsewhere"),
        (["a\x1b[2J/c_1.png"], {}, "pid .*cannot be shown"),
        (["a/c_1.png", "\udcff/c_1.png"], {}, "name is not UTF-8"),
        (["a/c_1.png"], {"pattern": "{camid}/{}"}, "names no {pid}"),
        (["a/c_1.png"], {"out": "table.txt"}, "out=table.txt: give a name that ends in .csv"),
    ],
)
def test_what_cannot_become_a_table_is_one_line_and_leaves_none(photos, paths, settings, message):
    folder = photos(*paths)
    with pytest.raises(InputError, match=message) as caught:
        make(folder, **settings)
    assert "\n" not in str(caught.value)
    assert os.listdir(os.path.dirname(folder)) == ["photos"]


def test_a_table_that_is_there_is_never_replaced(photos, tmp_path):
    (tmp_path / "table.csv").write_text("mine")
    with pytest.raises(InputError, match="table.csv: is there already"):
        make(photos(*list_paths("ab")))
    assert (tmp_path / "table.csv").read_text() == "mine"


def test_one_file_under_two_names_is_refused(photos, tmp_path):
    folder = photos(*list_paths("ab"))
    os.symlink(f"{folder}/a/door_0.png", f"{folder}/b/door_9.png")
    with pytest.raises(InputError, match="b/door_9.png and a/door_0.png are one file"):
        make(folder)


def test_a_folder_that_cannot_be_listed_is_named(photos, monkeypatch):
    folder = photos(*list_paths("ab"))

    def refuse(path):
        raise PermissionError(13, "Permission denied", os.fspath(path))

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(InputError, match="photos: cannot be listed: Permission denied"):
        make(folder)
    with pytest.raises(InputError, match="folder=/no/where: no such folder"):
        make_table("/no/where", "{pid}/{}", 0.2, 0, "x.csv")
