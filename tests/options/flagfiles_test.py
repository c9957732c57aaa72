"""Flagfiles that name flagfiles."""

import pytest

from tfreid.errors import InputError
from tfreid.options.flagfiles import expand_flagfiles


@pytest.fixture
def write(tmp_path):
    """`write("folder/name.cfg", *lines)` returns the path as text."""

    def write(name, *lines):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return str(path)

    return write


def expand(*words):
    return expand_flagfiles(["door", *words])[1:]


def test_flags_stand_where_their_flagfile_stood(write):
    path = write("a.cfg", "# a comment", "--height=64", "", "  --width=32  ", "// another")
    assert expand("--seed=1", f"--flagfile={path}", "--width=16") == [
        "--seed=1",
        "--height=64",
        "--width=32",
        "--width=16",
    ]
    assert expand("-flagfile", path) == expand("--flagfile", path) == ["--height=64", "--width=32"]
    assert expand("--flagfiles=a", "flagfile=b") == ["--flagfiles=a", "flagfile=b"]


def test_a_flagfile_inside_another_is_looked_for_beside_it_then_from_here(
    write, tmp_path, monkeypatch
):
    outer = write("far/outer.cfg", "--flagfile=inner.cfg", "--flagfile=here.cfg")
    write("far/inner.cfg", "--height=64")
    write("here.cfg", "--width=32")
    write("inner.cfg", "--height=1")
    monkeypatch.chdir(tmp_path)
    assert expand(f"--flagfile={outer}") == ["--height=64", "--width=32"]
    assert expand("--flagfile=far/outer.cfg") == ["--height=64", "--width=32"]


def test_a_flagfile_may_begin_with_a_recipe(write):
    path = write("mine.cfg", "--recipe=sona3_market1501", "--epochs=3")
    flags = expand(f"--flagfile={path}")
    assert flags[-2:] == ["--sona_stages=3", "--epochs=3"]


def test_a_circle_of_flagfiles_is_told(write):
    first, second = write("a.cfg", "--flagfile=b.cfg"), write("b.cfg", "--flagfile=a.cfg")
    for path in (first, second):
        with pytest.raises(InputError, match=f"^--flagfile={path}: "):
            expand(f"--flagfile={path}")


def test_a_file_named_twice_is_no_circle(write):
    path = write("a.cfg", "--height=64")
    assert expand(f"--flagfile={path}", f"--flagfile={path}") == ["--height=64"] * 2


@pytest.mark.parametrize("words", [["--flagfile="], ["--flagfile", " "], ["--recipe"]])
def test_a_flagfile_without_a_name_is_told(words):
    with pytest.raises(InputError, match=f"^{words[0].rstrip('=')}=: "):
        expand(*words)


def test_a_flagfile_that_cannot_be_read_is_named_and_why(write, tmp_path):
    binary, missing = tmp_path / "binary.cfg", tmp_path / "missing.cfg"
    binary.write_bytes(b"\xff\xfe\x00")
    reasons = {
        missing: "no such file",
        tmp_path: "is a directory",
        binary: "is not a text file",
        f"{tmp_path}/a\0b": "null",
    }
    for path, reason in reasons.items():
        for outer in (str(path), write("outer.cfg", f"--flagfile={path}")):
            with pytest.raises(InputError, match=reason) as caught:
                expand(f"--flagfile={outer}")
            assert str(caught.value).startswith(f"--flagfile={path}: ")
            assert "\n" not in str(caught.value)
