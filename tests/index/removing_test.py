"""Which images an id or a path means."""

import os

import pytest

from tests.index.stand_in import ColorModel, write_color
from tfreid.errors import InputError
from tfreid.index.index import Index


@pytest.fixture
def gallery(tmp_path):
    for name in ("a/1.png", "a/b/2.png", "ab/3.png", "x,y.png", "4.png"):
        write_color(tmp_path / "p" / name, (1, 2, 3))
    gallery = Index(str(tmp_path / "i"), ColorModel())
    gallery.add(str(tmp_path / "p"))
    return gallery


def list_left(gallery, tmp_path):
    len(gallery)
    snapshot = gallery.snapshot
    return [os.path.relpath(snapshot.items.paths[row], tmp_path / "p") for row in snapshot.live]


EVERY = ["4.png", "a/1.png", "a/b/2.png", "ab/3.png", "x,y.png"]


@pytest.mark.parametrize(
    ("target", "gone"),
    [
        ("2", ["a/1.png"]),
        ("2, 1", ["4.png", "a/1.png"]),
        ("p/a/1.png", ["a/1.png"]),
        ("p/a", ["a/1.png", "a/b/2.png"]),
        ("p/a/", ["a/1.png", "a/b/2.png"]),
        ("p/x,y.png", ["x,y.png"]),
        ("p/a,p/ab", ["a/1.png", "a/b/2.png", "ab/3.png"]),
        ("p/a,3", ["a/1.png", "a/b/2.png"]),
    ],
)
def test_ids_paths_and_folders_are_removed(gallery, tmp_path, monkeypatch, target, gone):
    monkeypatch.chdir(tmp_path)
    assert gallery.remove(target) == len(gone)
    assert list_left(gallery, tmp_path) == [name for name in EVERY if name not in gone]


def test_an_image_whose_file_is_gone_is_removed_too(gallery, tmp_path):
    os.remove(tmp_path / "p" / "4.png")
    assert gallery.remove(str(tmp_path / "p" / "4.png")) == 1
    assert gallery.remove(2) == 1


@pytest.mark.parametrize("target", ["99", "p/c.png", "p/a/1.pn", ",", "99999999999999999999", "0"])
def test_what_is_not_there_is_one_line_and_removes_nothing(gallery, tmp_path, monkeypatch, target):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=f"--remove={target}: "):
        gallery.remove(f"{target}")
    assert len(gallery) == 5


def test_one_wrong_name_among_right_ones_removes_nothing(gallery):
    with pytest.raises(InputError, match="--remove=77: no image of this id"):
        gallery.remove("1,77")
    assert len(gallery) == 5


def test_a_removed_image_may_be_added_again_under_a_new_id(gallery, tmp_path):
    gallery.remove("1")
    assert gallery.add(str(tmp_path / "p")).added == 1
    assert len(gallery) == 5
    assert gallery.snapshot.items.ids[-1] == 6
