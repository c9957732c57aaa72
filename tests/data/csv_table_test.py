"""A CSV table of images."""

import pytest

from tfreid.data.csv_table import read_csv
from tfreid.errors import InputError

HEADER = "path,pid,camid,split\n"


@pytest.fixture
def write_table(tmp_path):
    """Writes a table beside the images a.jpg, b.png, c.JPEG and sub/d.jpg; returns its path."""
    (tmp_path / "sub").mkdir()
    for name in ("a.jpg", "b.png", "c.JPEG", "sub/d.jpg", "e,e.jpg", "f.txt"):
        (tmp_path / name).touch()

    def write(text, encoding="utf-8"):
        path = tmp_path / "table.csv"
        path.write_text(text, encoding=encoding)
        return str(path)

    return write


def test_lines_become_rows_sorted_by_path(write_table, tmp_path):
    table = write_table(
        HEADER + "b.png,7,2,train\na.jpg,8,1,train\n\nsub/d.jpg,-1,3,gallery\nc.JPEG,9,1,query\n"
    )
    dataset = read_csv(table)
    assert dataset.name == "csv" and dataset.root == table
    assert dataset.train.paths == (str(tmp_path / "a.jpg"), str(tmp_path / "b.png"))
    assert dataset.train.pids.tolist() == [8, 7]
    assert dataset.train.camids.tolist() == [1, 2]
    assert dataset.gallery.paths == (str(tmp_path / "sub" / "d.jpg"),)
    assert dataset.gallery.pids.tolist() == [-1]
    assert dataset.query.pids.tolist() == [9]


def test_lines_in_another_order_are_the_same_data_row_by_row(write_table, tmp_path):
    lines = ["b.png,7,2,train\n", "a.jpg,8,1,train\n", "sub/d.jpg,7,3,train\n"]
    one, other = (read_csv(write_table(HEADER + "".join(x))) for x in (lines, lines[::-1]))
    assert one.train.paths == other.train.paths
    assert one.fingerprint() == other.fingerprint()
    assert one.digest_rows(one.train) == other.digest_rows(other.train)


def test_columns_may_stand_in_any_order_with_spaces_quotes_and_excels_mark(write_table, tmp_path):
    text = 'split, camid,path,pid\r\ntrain, 4,"e,e.jpg", 5\r\n'
    train = read_csv(write_table(text, encoding="utf-8-sig")).train
    assert train.paths == (str(tmp_path / "e,e.jpg"),)
    assert (train.pids[0], train.camids[0]) == (5, 4)


def test_paths_may_be_absolute(write_table, tmp_path):
    dataset = read_csv(write_table(f"{HEADER}{tmp_path}/a.jpg,1,1,train\n"))
    assert dataset.train.paths == (str(tmp_path / "a.jpg"),)


def test_a_table_in_the_current_folder_needs_no_folder(write_table, tmp_path, monkeypatch):
    write_table(HEADER + "a.jpg,1,1,train\n")
    monkeypatch.chdir(tmp_path)
    assert read_csv("table.csv").train.paths == ("a.jpg",)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a.jpg,1,1", "3 fields; path,pid,camid,split are expected"),
        ("a.jpg,1,1,train,x", "5 fields"),
        ("a.jpg,1,1,test", "split 'test'; allowed are train, query, gallery"),
        ("a.jpg,1.0,1,train", "pid '1.0'; write 1"),
        ("a.jpg,-2,1,train", "pid '-2'; a text or a whole number from -1"),
        ("a.jpg,,1,train", "the pid is empty"),
        ("a.jpg,1,-1,train", "camid '-1'; a text or a whole number from 0"),
        ("x.jpg,1,1,train", "no file .*x.jpg; paths are relative to the folder of the table"),
        ("sub,1,1,train", "path 'sub'; .jpg .jpeg .png files are read"),
        ("f.txt,1,1,train", "path 'f.txt'; .jpg .jpeg .png files are read"),
        ("./b.png,1,1,query", ".*b.png is listed in line 2 already"),
        ('"a.jpg,1,1,train', "not CSV"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(write_table, line, message):
    table = write_table(f"{HEADER}b.png,1,1,train\n{line}\n")
    with pytest.raises(InputError, match=rf"table.csv:3: {message}") as caught:
        read_csv(table)
    assert "\n" not in str(caught.value)


def test_people_and_cameras_may_have_names(write_table):
    table = HEADER + "a.jpg,anna,left,train\nb.png,7,,query\nc.JPEG,anna,,gallery\n"
    dataset = read_csv(write_table(table + "sub/d.jpg,0,left,gallery\n"))
    assert [split.label(0) for _, split in dataset.splits()] == [
        ("anna", "left"),
        (7, None),
        ("anna", None),
    ]
    assert dataset.gallery.pids.tolist() == [dataset.train.pids[0], 0]
    assert len({dataset.query.camids[0], *dataset.gallery.camids.tolist()}) == 3
    assert "2 of 4 images are unknown" in dict(dataset.notes)["warning"]


def test_one_number_in_two_ways_is_refused(write_table):
    with pytest.raises(InputError, match="table.csv:2: pid '1' is written '01' elsewhere"):
        read_csv(write_table(HEADER + "b.png,1,1,train\na.jpg,01,1,train\n"))


def test_all_lines_that_cannot_be_used_are_gathered(write_table):
    with pytest.raises(InputError, match="table.csv:2: .* 2 more lines") as caught:
        read_csv(write_table(HEADER + "x.jpg,1,1,train\na.jpg,1,1,no\nb.png,,1,train\n"))
    assert [fault.split(": ")[0][-1] for fault in caught.value.faults] == ["2", "3", "4"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "table.csv:1: the first line is ''; it must name the columns path,pid,camid,split"),
        ("a.jpg,1,1,train\n", "table.csv:1: the first line is 'a.jpg,1,1,train'"),
        ("path;pid;camid;split\n", "table.csv:1: .* separated by commas"),
        ("path,pid,pid,camid,split\n", "table.csv:1: the first line"),
        (HEADER, "table.csv: no images"),
        (HEADER + "a.jpg,1,1,query\n", "table.csv: 1 query image and 0 gallery images; both"),
        (HEADER + "a.jpg,1,1,gallery\n", "table.csv: 0 query images and 1 gallery image; both"),
    ],
)
def test_a_table_that_cannot_be_used_is_named(write_table, text, message):
    with pytest.raises(InputError, match=message):
        read_csv(write_table(text))


def test_text_that_is_not_utf8_is_named(write_table):
    with pytest.raises(InputError, match="table.csv: not UTF-8 text"):
        read_csv(write_table(HEADER + "jürgen.jpg,1,1,train\n", encoding="latin-1"))


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(InputError, match="`data_dir` is empty: give the CSV file"):
        read_csv("")
    with pytest.raises(InputError, match=f"data_dir={tmp_path}: no such file"):
        read_csv(str(tmp_path))
