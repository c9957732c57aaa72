"""Folders, tables and files of images."""

import os

import pytest

from tests.index.stand_in import write_color
from tfreid.errors import InputError
from tfreid.index.sources import UNKNOWN, list_source


def test_a_folder_is_listed_with_those_in_it_and_names_tell_people(tmp_path):
    for name in ("b/0007_c3s1_01.png", "a.png", "-1_c2_1.jpg", "c/d/0000_c1_x.JPEG"):
        write_color(tmp_path / name.replace("JPEG", "png"), (1, 2, 3))
    os.rename(tmp_path / "c/d/0000_c1_x.png", tmp_path / "c/d/0000_c1_x.JPEG")
    for name in ("notes.txt", ".hidden.jpg", "x.gif"):
        (tmp_path / name).write_text("x")
    write_color(tmp_path / ".thumbs" / "t.png", (1, 2, 3))
    source = list_source(str(tmp_path), "add")
    names = [os.path.relpath(path, tmp_path) for path in source.paths]
    assert names == ["-1_c2_1.jpg", "a.png", "b/0007_c3s1_01.png", "c/d/0000_c1_x.JPEG"]
    assert source.pids.tolist() == [-1, UNKNOWN, 7, 0]
    assert source.camids.tolist() == [2, UNKNOWN, 3, 1]
    assert source.aside == "1 .gif file, 1 .txt file, 1 hidden file"


def test_a_single_image_is_a_source(tmp_path, monkeypatch):
    write_color(tmp_path / "0012_c4_1.png", (1, 2, 3))
    monkeypatch.chdir(tmp_path)
    source = list_source("0012_c4_1.png", "query")
    assert source.paths == (str(tmp_path / "0012_c4_1.png"),)
    assert (source.pids[0], source.camids[0]) == (12, 4)


def test_a_table_tells_what_it_knows(tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("camid, path ,pid\n3,a/x.jpg,12\n,y.jpg,\n0,/z.jpg,-1\n")
    source = list_source(str(table), "add")
    assert source.paths == (str(tmp_path / "a/x.jpg"), str(tmp_path / "y.jpg"), "/z.jpg")
    assert source.pids.tolist() == [12, UNKNOWN, -1]
    assert source.camids.tolist() == [3, UNKNOWN, 0]


def test_a_table_may_name_people_and_cameras(tmp_path):
    (tmp_path / "t.csv").write_text("path,pid,camid\na.jpg,anna,left\nb.jpg,007,\nc.jpg,,3\n")
    source = list_source(str(tmp_path / "t.csv"), "add")
    labels = [("anna", "left"), ("007", None), (None, 3)]
    assert [source.label(row) for row in range(3)] == labels
    assert [source.take([row]).label(0) for row in range(3)] == labels


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "t.csv:1: the first line is ''; it must name the columns path"),
        ("pid,camid\n1,2\n", "it must name the columns path"),
        ("path,camera\na.jpg,2\n", "it must name the columns path, and may name pid, camid"),
        ("path,path\na,b\n", "it must name the columns path"),
        ("path\n", "t.csv: no images: there is no line below"),
        ("path,pid\na.jpg\n", "t.csv:2: 1 fields; path,pid are expected"),
        ("path,pid\na.jpg,1.0\n", "t.csv:2: pid '1.0'; write 1"),
        ("path,pid\na.jpg,-2\n", "t.csv:2: pid '-2'"),
        ("path,camid\na.jpg,-1\n", "t.csv:2: camid '-1'; a text or a whole number from 0 on"),
        ("path,pid\na.jpg,7\nb.jpg,007\n", "t.csv:3: pid '007' is written '7' elsewhere"),
        ("path\n\na.jpg\n./a.jpg\n", "t.csv:4: .*a.jpg is listed in line 3 already"),
        ("path,pid\n,3\n", "t.csv:2: the path is empty"),
        ('path\n"a\n', "t.csv:2: not CSV"),
    ],
)
def test_a_table_that_cannot_be_used_is_one_line(tmp_path, text, message):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        list_source(str(tmp_path / "t.csv"), "add")


def test_a_table_that_is_no_text_is_one_line(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"path\n\xff\xfe.jpg\n")
    with pytest.raises(InputError, match="t.csv: not UTF-8 text"):
        list_source(str(tmp_path / "t.csv"), "add")


def test_what_holds_no_image_is_one_line(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(InputError, match="add=.*empty: no images; .* but it holds nothing"):
        list_source(str(tmp_path / "empty"), "add")
    with pytest.raises(InputError, match="but it holds 1 .txt file"):
        list_source(str(tmp_path), "add")
    with pytest.raises(InputError, match="query=.*notes.txt: neither a folder nor a .csv"):
        list_source(str(tmp_path / "notes.txt"), "query")
    with pytest.raises(InputError, match="add=nowhere: no such folder or file; check the name"):
        list_source("nowhere", "add")


def test_linked_folders_are_not_followed_but_told(tmp_path):
    write_color(tmp_path / "elsewhere" / "a.png", (1, 2, 3))
    (tmp_path / "links").mkdir()
    for name in "xy":
        (tmp_path / "links" / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="but it holds 2 linked folders"):
        list_source(str(tmp_path / "links"), "add")


def test_of_many_kinds_of_other_files_the_most_common_are_told(tmp_path):
    write_color(tmp_path / "a.png", (1, 2, 3))
    for kind in range(20):
        (tmp_path / f"x.{kind:02d}").touch()
    (tmp_path / "y.19").touch()
    aside = list_source(str(tmp_path), "add").aside
    assert "2 .19 files" in aside and aside.endswith(", 12 more") and aside.count(",") == 8


def test_rows_of_a_source_are_taken(tmp_path):
    for name in ("0001_c1_1.png", "0002_c2_1.png", "0003_c3_1.png"):
        write_color(tmp_path / name, (1, 2, 3))
    taken = list_source(str(tmp_path), "add").take([2, 0])
    assert taken.pids.tolist() == [3, 1] and len(taken) == 2
