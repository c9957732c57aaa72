"""The index of Python programs."""

import pathlib
import shutil

import numpy as np
import pytest
from PIL import Image

from tests.index.stand_in import ColorModel, ProductModel, write_color, write_colors
from tfreid.errors import InputError
from tfreid.index import searching, vectors
from tfreid.index.index import Index
from tfreid.options.search import RetrievalOptions


@pytest.fixture
def gallery(place, tmp_path):
    gallery = Index(place, ColorModel())
    gallery.add(write_colors(tmp_path / "a", 12, people=4))
    return gallery


def test_images_of_any_kind_are_looked_for_and_bad_ones_are_told(gallery, tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"")
    array = np.full((8, 4, 3), 77, np.uint8)
    result = gallery.search([str(tmp_path / "bad.jpg"), array], RetrievalOptions(top_k=3))
    (answer,) = result.answers
    assert answer.query == "uint8 array [8, 4, 3]" and len(answer.matches) == 3
    assert result.skipped[0][0] == str(tmp_path / "bad.jpg")
    assert result.index["images"] == 12 and result.measure == "distance"


def test_where_no_query_can_be_read_there_is_one_line(gallery, tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"")
    path = str(tmp_path / "bad.jpg")
    with pytest.raises(InputError, match=r"bad.jpg: damaged \(.*\)\.$"):
        gallery.search([path])
    with pytest.raises(InputError, match="None of 2 queries can be read."):
        gallery.search([path, path])
    with pytest.raises(InputError, match="There are no queries"):
        gallery.search([])


def test_what_others_add_and_remove_is_seen(gallery, tmp_path):
    other = Index(gallery.folder, ColorModel())
    path = write_color(tmp_path / "new.png", (1, 254, 3))
    query = write_color(tmp_path / "q.png", (2, 254, 3))
    other.add(path)
    result = gallery.search([query], RetrievalOptions(top_k=1))
    assert result.answers[0].matches[0].path == path and len(gallery) == 13
    other.remove(path)
    assert gallery.search([query], RetrievalOptions(top_k=1)).answers[0].matches[0].path != path


def test_other_options_make_another_search(gallery, tmp_path):
    path = write_color(tmp_path / "q.png", (90, 90, 90))
    counts = [
        len(gallery.search([path], RetrievalOptions(top_k=k)).answers[0].matches)
        for k in (2, 5, 99)
    ]
    assert counts == [2, 5, 12]


def test_other_thresholds_read_the_vectors_no_second_time(gallery, tmp_path, monkeypatch):
    opened, open_index = [], vectors.open_vector_index
    monkeypatch.setattr(vectors, "open_vector_index", lambda *a: opened.append(a) or open_index(*a))
    gallery.calibrate(write_colors(tmp_path / "b", 48, people=12))
    path = write_color(tmp_path / "q.png", (90, 90, 90))
    for rate in (0, 40, 0, 50):
        gallery.search([path], RetrievalOptions(max_false_accepts=rate))
    assert len(opened) == 1


def test_rows_are_looked_through_for_a_camera_once_a_search(gallery, tmp_path, monkeypatch):
    looked, list_allowed = [], searching.list_allowed
    monkeypatch.setattr(searching, "list_allowed", lambda *a: looked.append(a) or list_allowed(*a))
    index = Index(gallery.folder, ColorModel(), batch_size=1)
    path = write_color(tmp_path / "q.png", (90, 90, 90))
    answers = index.search([path] * 3, RetrievalOptions(camera=("1",))).answers
    assert len(looked) == 1
    assert {match.camid for answer in answers for match in answer.matches} == {1}


def test_an_index_that_was_made_anew_is_searched_anew(gallery, tmp_path):
    """With as many changes as before, so that only its content tells it apart."""
    path = write_color(tmp_path / "q.png", (90, 90, 90))
    assert len(gallery.search([path]).answers[0].matches) == 12
    shutil.rmtree(tmp_path / "i")
    with pytest.raises(InputError, match="no index lives there"):
        gallery.search([path])
    Index(gallery.folder, ColorModel()).add(write_colors(tmp_path / "b", 12, seed=1))
    names = {match.path for match in gallery.search([path]).answers[0].matches}
    assert names == {str(path) for path in (tmp_path / "b").iterdir()}


def test_without_an_index_there_is_one_line(tmp_path):
    gallery = Index(str(tmp_path / "none"), ColorModel())
    assert len(gallery) == 0
    with pytest.raises(InputError, match="no index lives there; make one by index=.*add="):
        gallery.search([np.zeros((8, 4, 3), np.uint8)])
    with pytest.raises(InputError, match="no index lives there"):
        gallery.remove("1")
    assert not (tmp_path / "none").exists()


def test_an_index_of_the_other_system_is_refused(gallery):
    with pytest.raises(InputError, match="made by another model, sona_net of stand-in"):
        Index(gallery.folder, ProductModel("other"))


def test_pil_images_are_named_by_their_size(gallery):
    gallery.model.prepare = lambda item, notice: np.asarray(item.resize((4, 8)))
    result = gallery.search([Image.new("RGB", (20, 30))])
    assert result.answers[0].query == "PIL image 20 x 30 RGB"


def test_one_query_is_a_list_of_one(gallery):
    for alone in (np.full((8, 4, 3), 77, np.uint8), Image.new("RGB", (4, 8))):
        gallery.model.prepare = lambda item, notice: np.asarray(item)
        assert len(gallery.search(alone).answers) == 1


def test_whatever_yields_queries_is_searched_for(gallery, tmp_path):
    path = write_color(tmp_path / "q.png", (90, 90, 90))
    result = gallery.search(name for name in [path, path])
    assert [answer.query for answer in result.answers] == [path, path]


def test_folders_and_files_may_be_path_objects_and_a_file_counts_once(tmp_path):
    gallery = Index(tmp_path / "i", ColorModel())
    paths = [pathlib.Path(path) for path in write_colors(tmp_path / "a", 3)]
    assert gallery.add([paths[0], str(paths[0])]).added == 1
    assert gallery.add(tmp_path / "a").added == 2 and len(gallery) == 3


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (b"abc", "image of 3 bytes"),
        ([b"abc"], "image of 3 bytes"),
        (np.zeros((8, 4, 3), np.uint8), "uint8 array"),
        (None, "None"),
    ],
)
def test_images_without_a_file_are_not_added(gallery, given, name):
    with pytest.raises(InputError, match=rf"^{name}.*: an index keeps where images lie; give a"):
        gallery.add(given)
    assert len(gallery) == 12


def test_an_index_among_the_images_does_not_take_up_its_own_pictures(tmp_path):
    write_colors(tmp_path / "a", 3)
    gallery = Index(str(tmp_path / "a" / "i"), ColorModel())
    gallery.add(str(tmp_path / "a"))
    write_color(tmp_path / "a" / "i" / "calibration.png", (1, 2, 3))
    write_color(tmp_path / "a" / "ij" / "photo.png", (1, 2, 3))  # lies beside, not inside
    assert gallery.add(str(tmp_path / "a")).added == 1 and len(gallery) == 4
