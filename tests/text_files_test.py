"""Tests of text and JSON from a disk."""

import os

import pytest

from tfreid.errors import InputError
from tfreid.text_files import read_json, read_text

FORM = {"a": {"b": int}, "c": [str]}
GOOD = '{"a": {"b": 3, "more": 1}, "c": ["x"]}'


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\0" * 50,
        b"[" * 500_000,
        b'{"a":' * 500_000,
        b"1" * 10_000,
        b"\xff\xfe{",
        b"\x80",
        b"[]",
        b"null",
        GOOD.replace("3", "true").encode(),
        GOOD.replace("3", "3.5").encode(),
        GOOD.replace('["x"]', "[1]").encode(),
        GOOD.replace("a", "d").encode(),
    ],
    ids=range(14),
)
def test_json_of_another_form_is_one_line_with_the_file_and_the_cure(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=f"^{path}: .*; bring it back.$") as caught:
        read_json(path, "bring it back", FORM)
    assert len(str(caught.value).splitlines()) == 1


def test_json_of_the_form_is_read_whatever_else_it_holds(tmp_path):
    (tmp_path / "a.json").write_text(GOOD, encoding="utf-16")
    assert read_json(tmp_path / "a.json", "", FORM)["a"] == {"b": 3, "more": 1}


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_an_encoding_that_nothing_tells_is_named(tmp_path, encoding):
    (tmp_path / "a.csv").write_text("path,pid", encoding=encoding)
    with pytest.raises(InputError, match="a.csv: holds zero bytes, as UTF-16 without.*; save it"):
        read_text(tmp_path / "a.csv", "save it as UTF-8 text")


def test_what_is_no_file_of_that_size_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(b"a" * 11)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for path in (tmp_path / "pipe", "/dev/zero", tmp_path / "large", tmp_path, tmp_path / "loop"):
        with pytest.raises(InputError, match=f"^{path}: .*; look.$"):
            read_text(path, "look", most_bytes=10)
    (tmp_path / "large").write_bytes(b"a" * 10)
    assert read_text(tmp_path / "large", "look", most_bytes=10) == "a" * 10
