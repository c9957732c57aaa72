"""Flagfiles that name flagfiles."""

import os

import pytest

from tfreid.errors import InputError
from tfreid.options import TrainOptions
from tfreid.options.flagfiles import expand_flagfiles, find_recipe, list_recipes


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
    binary.write_bytes(b"--a=\xff")
    reasons = {
        missing: "no such file",
        tmp_path: "is a directory",
        binary: "not UTF-8 text",
    }
    with pytest.raises(InputError, match="a\0b: .*null"):
        expand(f"--flagfile={tmp_path}/a\0b")
    for path, reason in reasons.items():
        for outer in (str(path), write("outer.cfg", f"--flagfile={path}")):
            with pytest.raises(InputError, match=reason) as caught:
                expand(f"--flagfile={outer}")
            assert str(caught.value).startswith(f"--flagfile={path}: ")
            assert "\n" not in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_mark_that_names_the_encoding_is_no_part_of_the_first_flag(tmp_path, encoding):
    path = tmp_path / "a.cfg"
    path.write_text("--height=64\r\n--data_dir=/人\r\n", encoding=encoding)
    assert expand(f"--flagfile={path}") == ["--height=64", "--data_dir=/人"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("--height = 64", "has a blank beside the ="),
        ("--height= 64", "has a blank beside the ="),
        ("--height 64", "has a blank where = belongs"),
        ('--data_dir="/a b"', "has quotes"),
        ("--data_dir=\u201c/a b\u201d", "has quotes"),
        ("--height=64 --width=32", "holds more than one flag"),
        ("--cache_images --width=32", "holds more than one flag"),
        ("--height=64 # rows", "has a comment"),
        ("height=64", "is no flag"),
        ("\u200b--height=64", r"\\u200b--height=64: is no flag"),
        ("\u2013height=64", r"\\u2013height=64: is no flag"),
        ("--hei\u00adght=64", r"--hei\\xadght=64: is no flag"),
    ],
)
def test_a_line_of_another_form_is_told_with_what_it_looks_like(write, line, told):
    path = write("a.cfg", line)
    with pytest.raises(InputError, match=told) as caught:
        expand(f"--flagfile={path}")
    assert str(caught.value).startswith(f"--flagfile={path}: ")


@pytest.mark.parametrize(
    "path", ["/my photos/a b", "/a-b", "/#1", "/a #1", "/ä=b/'x", "--x=1 --y=2"]
)
def test_a_value_that_only_resembles_them_is_kept(write, path):
    line = f"--data_dir={path}"
    assert expand(f"--flagfile={write('a.cfg', line)}") == [line]


def test_what_has_no_end_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large.cfg").write_bytes(b"#" * (2 << 20))
    for path in ("/dev/zero", tmp_path / "pipe", tmp_path / "large.cfg"):
        with pytest.raises(InputError, match=f"^--flagfile={path}: (is a pipe|has more than)"):
            expand(f"--flagfile={path}")


def test_a_home_that_is_not_there_is_told():
    with pytest.raises(InputError, match="^~nobody-has-this-name/a.cfg: there is no home"):
        expand("--flagfile=~nobody-has-this-name/a.cfg")


def test_a_recipe_is_found_by_its_name_from_any_folder(repository, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = find_recipe("sona2_market1501")
    assert path == find_recipe("sona2_market1501.cfg")
    assert os.path.samefile(path, repository / "configs" / "sona2_market1501.cfg")


def test_all_recipes_are_listed(repository):
    assert list_recipes() == sorted(path.stem for path in (repository / "configs").glob("*.cfg"))


@pytest.mark.parametrize("name", ["sona5", "../configs/sona2_market1501", "BUILD", ".cfg"])
def test_an_unknown_recipe_is_told_with_the_list_of_all(name):
    with pytest.raises(InputError) as caught:
        find_recipe(name)
    assert name.removesuffix(".cfg") in str(caught.value)
    assert all(recipe in str(caught.value) for recipe in list_recipes())


def test_every_command_takes_a_recipe_by_name_and_flags_behind_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    by_name = TrainOptions.parse(["tfreid", "--recipe=sona3_market1501", "--epochs=3"])
    assert by_name == TrainOptions.read(find_recipe("sona3_market1501"), ["--epochs=3"])
    assert by_name.model.sona_stages == (3,) and by_name.learning.epochs == 3
