"""Patterns of paths."""

import pytest

from tfreid.data.name_patterns import compile_pattern, suggest_table
from tfreid.errors import InputError


def match(pattern, path):
    found = compile_pattern(pattern).fullmatch(path)
    return found and found.groupdict()


@pytest.mark.parametrize(
    ("pattern", "path", "found"),
    [
        ("{pid}/{}", "anna/1.jpg", {"pid": "anna"}),
        ("{pid}/{}", "anna/cam/1.jpg", None),
        ("{pid}/{camid}_{}.png", "anna/c1_a_b.png", {"pid": "anna", "camid": "c1"}),
        ("{pid}/{camid}_{}.png", "anna/_a.png", None),
        ("{camid}/{pid}/{}", 'door/o\'neil, "x"/1.png', {"pid": 'o\'neil, "x"', "camid": "door"}),
        ("{pid}/{pid}_{}", "7/7_1.png", {"pid": "7"}),
        ("{pid}/{pid}_{}", "7/8_1.png", None),
        ("{pid}.{}", "a+b.jpg", {"pid": "a+b"}),
        ("{pid}_c{camid}s{}", "0001_c12s3_1.jpg", {"pid": "0001", "camid": "12"}),
        ("x{{}}{pid}.jpg", "x{}a.jpg", {"pid": "a"}),
    ],
)
def test_a_field_takes_as_little_as_fits_and_never_a_slash(pattern, path, found):
    assert match(pattern, path) == found


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("", "names no {pid}"),
        ("{camid}/{}", "names no {pid}"),
        ("{person}/{}", "{person} is unknown"),
        ("{pid:4}/{}", "{pid:4} is unknown"),
        ("{pid!r}", "{pid!r} is unknown"),
        ("{0}/{pid}", "{0} is unknown"),
        ("{pid/{}", "pattern={pid/{}: "),
        ("pid}/{}", "pattern=pid}/{}: "),
    ],
)
def test_a_pattern_that_cannot_be_read_is_one_line(pattern, message):
    with pytest.raises(InputError) as caught:
        compile_pattern(pattern)
    assert message in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("anna/1.jpg", "{pid}/{}"),
        ("anna/door/1.jpg", "{pid}/{camid}/{}"),
        ("train/anna/1.jpg", "{}/{pid}/{}"),
        ("query/anna-1.jpg", "{}/{pid}-{}"),
        ("anna_1.jpg", "{pid}_{}"),
    ],
)
def test_a_suggested_pattern_fits_what_is_there(tmp_path, path, pattern):
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).touch()
    assert f"--pattern='{pattern}'" in suggest_table(str(tmp_path))
    assert match(pattern, path)["pid"] == "anna"


def test_names_that_say_nothing_suggest_nothing(tmp_path):
    (tmp_path / "1.jpg").touch()
    assert suggest_table(str(tmp_path)) == "" == suggest_table(str(tmp_path / "no"))
