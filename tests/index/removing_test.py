"""Which images an id or a path means."""

import os
import re
import shutil

import numpy as np
import pytest

from tests.index.stand_in import ColorModel, write_color
from tests.index.store_test import MODEL, make_images
from tfreid.errors import InputError
from tfreid.index import removing
from tfreid.index.index import Index
from tfreid.index.refusals import DiskFullError
from tfreid.index.removing import prune
from tfreid.index.reserve import Reserve
from tfreid.index.rows import VECTORS
from tfreid.index.store import Change, Store
from tfreid.options.search import RetrievalOptions

EVERY = ["4x.png", "a/1x.png", "a/b/2x.png", "ab/3x.png", "x,y.png"]

in_folder = pytest.mark.parametrize("place", ["sqlite"], indirect=True)


@pytest.fixture
def gallery(place, tmp_path):
    for number, name in enumerate(EVERY):
        write_color(tmp_path / "p" / name, (number, 2, 3))
    gallery = Index(place, ColorModel())
    gallery.add(str(tmp_path / "p"))
    return gallery


def list_left(gallery, tmp_path):
    with gallery.store.read() as view:
        return [os.path.relpath(image.path, tmp_path / "p") for image in view.list_images()]


@pytest.mark.parametrize(
    ("target", "gone"),
    [
        ("2", ["a/1x.png"]),
        ("id:2", ["a/1x.png"]),
        ("2, 1", ["4x.png", "a/1x.png"]),
        ("p/a/1x.png", ["a/1x.png"]),
        ("p/a", ["a/1x.png", "a/b/2x.png"]),
        ("p/a/", ["a/1x.png", "a/b/2x.png"]),
        ("p/x,y.png", ["x,y.png"]),
        ("p/a,p/ab", ["a/1x.png", "a/b/2x.png", "ab/3x.png"]),
        ("p/a,3", ["a/1x.png", "a/b/2x.png"]),
        ("./p//a/../a", ["a/1x.png", "a/b/2x.png"]),
        ("//HERE/p/a/1x.png", ["a/1x.png"]),  # two slashes, which Python keeps
    ],
)
def test_ids_paths_and_folders_are_removed(gallery, tmp_path, monkeypatch, target, gone):
    monkeypatch.chdir(tmp_path)
    target = target.replace("/HERE", str(tmp_path))
    assert len(gallery.remove(target).images) == len(gone)
    assert list_left(gallery, tmp_path) == [name for name in EVERY if name not in gone]


def test_an_image_whose_file_is_gone_is_removed_too(gallery, tmp_path):
    os.remove(tmp_path / "p" / "4x.png")
    assert len(gallery.remove(str(tmp_path / "p" / "4x.png")).images) == 1
    assert len(gallery.remove(2).images) == 1


@pytest.mark.parametrize(
    "target",
    [
        *("99", "p/c.png", "p/a/1x.pn", "id:77", ",", "99999999999999999999", "0", "/"),
        *("9" * 5000, "id:" + "9" * 5000),  # Python reads no number of so many digits
    ],
    ids=lambda target: target[:9],
)
def test_what_is_not_there_or_everything_there_is_is_one_line_and_removes_nothing(
    gallery, tmp_path, monkeypatch, target
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=f"remove={target}: "):
        gallery.remove(f"{target}")
    assert len(gallery) == 5


def test_one_wrong_name_among_right_ones_removes_nothing(gallery):
    with pytest.raises(InputError, match="remove=77: no image of this id"):
        gallery.remove("1,77")
    assert len(gallery) == 5


def test_a_removed_image_may_be_added_again_under_a_new_id(gallery, tmp_path):
    gallery.remove("1")
    assert gallery.add(str(tmp_path / "p")).added == 1
    with gallery.store.read() as view:
        assert view.list_ids()[0].tolist() == [2, 3, 4, 5, 6]


@pytest.mark.parametrize("name", ["12/one.png", "people/12/one.png", "people/12.png"])
def test_a_number_that_is_an_id_and_a_name_is_refused_with_both_ways_to_write_it(tmp_path, name):
    for number in range(12):
        write_color(tmp_path / "others" / f"{number:02d}x.png", (number, 9, 9))
    write_color(tmp_path / name, (200, 9, 9))
    gallery = Index(str(tmp_path / "i"), ColorModel())
    gallery.add(str(tmp_path / "others"))
    gallery.add(str(tmp_path / name))
    with pytest.raises(
        InputError, match=r"remove=12: .*11x.png.*remove=id:12 or remove=(.*)\.$"
    ) as told:
        gallery.remove("12")
    other = re.search(r"or remove=(.*)\.$", str(told.value)).group(1)
    assert [image.path for image in gallery.remove(other).images] == [str(tmp_path / name)]
    (gone,) = gallery.remove("id:12").images
    assert gone.path.endswith("11x.png")


def test_a_folder_on_the_disk_that_is_named_like_an_id_is_not_confused(
    gallery, tmp_path, monkeypatch
):
    (tmp_path / "2").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="remove=id:2 or remove="):
        gallery.remove("2")
    with pytest.raises(InputError, match="remove=id:2 or remove="):
        gallery.remove("1,2")
    assert len(gallery) == 5 and len(gallery.remove(2).images) == 1


@pytest.fixture
def copied(tmp_path):
    """One picture under four names, and another one."""
    folder = tmp_path / "p"
    path = write_color(folder / "0001_c1_1.png", (1, 2, 3))
    os.symlink("0001_c1_1.png", folder / "link.png")
    os.link(path, folder / "hard.png")
    shutil.copy(path, folder / "copy.png")
    write_color(folder / "other.png", (9, 2, 3))
    gallery = Index(str(tmp_path / "i"), ColorModel())
    return gallery, path, gallery.add(str(folder))


def test_one_picture_under_several_names_is_told_and_computed_once(copied):
    gallery, path, added = copied
    assert added.added == 5 and len(added.copies) == 3
    assert {known for _, known in added.copies} == {path}
    os.rename(os.path.dirname(path), os.path.dirname(path) + "-renamed")
    again = gallery.add(os.path.dirname(path) + "-renamed")
    assert again.added == 5 and len(again.copies) == 5 and gallery.model.embedded <= 5


def test_a_removal_tells_of_other_names_and_takes_them_if_asked(copied):
    gallery, path, _ = copied
    folder = os.path.dirname(path)
    result = gallery.remove(os.path.join(folder, "link.png"))
    left = {os.path.basename(image.path) for image in result.copies}
    assert len(result.images) == 1 and left == {"0001_c1_1.png", "hard.png", "copy.png"}
    result = gallery.remove(path, copies=True)
    assert len(result.images) == 3 and not result.copies and len(gallery) == 1


def test_files_that_are_gone_are_pruned_but_not_those_of_a_disk_that_is_missing(tmp_path):
    for name in ("a/1x.png", "a/2x.png", "b/3x.png", "mount/c/4x.png"):
        write_color(tmp_path / name, (len(name), 2, int(name[-6])))
    gallery = Index(str(tmp_path / "i"), ColorModel())
    gallery.add(str(tmp_path))
    os.remove(tmp_path / "a" / "1x.png")
    shutil.rmtree(tmp_path / "b")
    shutil.rmtree(tmp_path / "mount" / "c")  # as if the disk at `mount` were not there
    result = gallery.prune()
    assert [os.path.basename(image.path) for image in result.images] == ["1x.png", "3x.png"]
    assert result.left_alone == (str(tmp_path / "mount"),) and len(gallery) == 2


def test_a_name_that_no_file_can_have_is_gone(tmp_path):
    """Vectors that somebody handed over once brought any name."""
    store = Store(str(tmp_path / "i"))
    store.create(MODEL)
    names = ["", "x.jpg", f"{tmp_path}/a\0b.jpg"]
    with store.write() as change:
        images = [image._replace(path=name) for image, name in zip(make_images(3), names)]
        change.add(images, {VECTORS: np.zeros((3, 2), np.float32)})
    assert [image.path for image in prune(store).images] == names


@in_folder
def test_what_is_derived_goes_with_a_removal_but_no_link_is_followed(gallery, tmp_path):
    gallery.search([str(tmp_path / "p" / "4x.png")], RetrievalOptions(vector_index="hnsw"))
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_bytes(b"x")
    os.symlink(outside, os.path.join(gallery.folder, "ivf.derived"))
    gallery.remove(2)
    assert sorted(os.listdir(gallery.folder)) == ["gallery.db", "reserve"]
    assert (outside / "precious").read_bytes() == b"x"


@in_folder
def test_a_full_disk_is_freed_by_removing(gallery, monkeypatch):
    """The disk refuses until the reserve is gone, and then any change of more than two images."""
    write, reserve = Change.write_state, os.path.join(gallery.folder, "reserve")

    def refuse(change):
        if os.path.exists(reserve) or 5 - change.state.images > 2 * refuse.pieces:
            raise DiskFullError("full")
        refuse.pieces += 1
        write(change)

    refuse.pieces = 1
    monkeypatch.setattr(removing, "_PIECE", 2)
    monkeypatch.setattr(Change, "write_state", refuse)
    monkeypatch.setattr(Reserve, "write", lambda *_: None)
    assert len(gallery.remove("id:1,id:2,id:3,id:4").images) == 4 and len(gallery) == 1


@in_folder
def test_the_reserve_that_each_change_makes_anew_is_given_away_again(gallery, monkeypatch):
    """The disk has no room for anything beside it, neither to change nor to shrink."""
    write, shrink = Change.write_state, Store.shrink
    reserve = os.path.join(gallery.folder, "reserve")

    def refuse(change):
        if os.path.exists(reserve):
            raise DiskFullError("full")
        write(change)

    monkeypatch.setattr(removing, "_PIECE", 2)
    monkeypatch.setattr(Change, "write_state", refuse)
    monkeypatch.setattr(Store, "shrink", lambda it: not os.path.exists(reserve) and shrink(it))
    result = gallery.remove("id:1,id:2,id:3,id:4")
    assert len(result.images) == 4 and result.is_free and os.path.exists(reserve)


@in_folder
def test_a_disk_that_stays_full_tells_what_was_removed(gallery, monkeypatch):
    write = Change.write_state

    def refuse(change):
        if change.state.images < 3:
            raise DiskFullError("full")
        write(change)

    monkeypatch.setattr(removing, "_PIECE", 2)
    monkeypatch.setattr(Change, "write_state", refuse)
    with pytest.raises(InputError, match="2 of 4 images are removed, then the disk"):
        gallery.remove("id:1,id:2,id:3,id:4")
    assert len(gallery) == 3
