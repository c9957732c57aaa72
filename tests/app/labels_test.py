"""Marks as a table of people."""

import csv

import pytest

from tfreid.app.labels import mark
from tfreid.errors import InputError
from tfreid.index.rows import Image


def make_image(name, camid=1):
    return Image(0, f"/photos/{name}.jpg", None, camid, 0, 0, b"")


@pytest.fixture
def people(tmp_path):
    """A function that marks images, {name: same or not}, and returns {name: pid}."""
    table = str(tmp_path / "labels.csv")

    def give(marks):
        mark(table, [make_image(name) for name in marks], list(marks.values()))
        with open(table, encoding="utf-8", newline="") as file:
            return {row["path"][8:-4]: row["pid"] for row in csv.DictReader(file)}

    return give


def test_each_answer_is_a_person_and_what_is_not_is_nobody(people):
    assert people({"a": True, "b": True, "x": False}) == {"a": "1", "b": "1", "x": ""}
    assert people({"c": True, "d": True})["c"] == "2"


def test_who_was_marked_before_keeps_the_number(people):
    people({"a": True, "b": True})
    people({"c": True})
    assert people({"d": True, "b": True}) == {"a": "1", "c": "2", "d": "1", "b": "1"}


def test_a_mark_can_be_changed_and_taken_back(people):
    people({"a": True, "b": True})
    assert people({"a": True, "b": False}) == {"a": "1", "b": ""}
    assert people({"a": True, "b": None}) == {"a": "1"}


def test_a_wrong_mark_moves_one_image_and_not_those_of_its_person(people):
    people({"a": True, "b": True})
    people({"c": True, "d": True})
    assert people({"a": True, "c": True}) == {"b": "1", "d": "2", "a": "1", "c": "1"}
    assert people({"a": True, "c": None}) == {"b": "1", "d": "2", "a": "1"}


def test_a_name_of_digits_is_no_number_to_count_on_from(tmp_path):
    table = tmp_path / "labels.csv"
    table.write_text(f"path,pid,camid\n/a.jpg,{'9' * 5000},\n/b.jpg,20261127120000,\n/c.jpg,7,\n")
    assert mark(str(table), [make_image("d")], [True]) == (4, 4)
    assert "/photos/d.jpg,8,1" in table.read_text()


def test_names_with_commas_and_quotes_and_unknown_cameras_come_back(tmp_path):
    table, odd = str(tmp_path / "labels.csv"), make_image('a, "b"', camid=None)
    assert mark(table, [odd], [True]) == (1, 1)
    assert mark(table, [make_image("c")], [True]) == (2, 2)
    with open(table, encoding="utf-8", newline="") as file:
        assert list(csv.reader(file))[1] == [odd.path, "1", ""]


def test_a_damaged_table_is_one_line_and_stays(tmp_path):
    (tmp_path / "labels.csv").write_text("what\n1\n")
    with pytest.raises(InputError, match="labels.csv:1"):
        mark(str(tmp_path / "labels.csv"), [make_image("a")], [True])
    assert (tmp_path / "labels.csv").read_text() == "what\n1\n"
