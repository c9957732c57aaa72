"""A path that is not there, and what is."""

import unicodedata

import pytest

from tfreid.data.file_tree import tell_other_form


@pytest.mark.parametrize(
    ("there", "asked", "told"),
    [
        ("a/b.jpg", "a\\b.jpg", "/ in place of"),
        ("b.jpg", '"b.jpg"', "without the quotes"),
        ("b.jpg", "b.jpg ", "without the blanks"),
        (unicodedata.normalize("NFD", "é.jpg"), "é.jpg", "written by other characters"),
        ("é.jpg", unicodedata.normalize("NFD", "é.jpg"), "written by other characters"),
        ("a b.jpg", "a\u00a0b.jpg", "written by other characters"),
        ("b.jpg", "\u200bb.jpg", "written by other characters"),
        ("B.JPG", "b.jpg", "B.JPG is there"),
        ("b.jpg", "c.jpg", ""),
    ],
)
def test_another_form_of_a_name_is_told(tmp_path, there, asked, told):
    path = tmp_path / there
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"")
    found = tell_other_form(f"{tmp_path}/{asked}")
    assert told in found and bool(told) == bool(found)


@pytest.mark.parametrize("target", ["gone", "a.jpg"])
def test_a_link_to_nothing_is_told_as_that(tmp_path, target):
    (tmp_path / "a.jpg").symlink_to(target)
    assert "a link that leads to nothing" in tell_other_form(f"{tmp_path}/a.jpg")
