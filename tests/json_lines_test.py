import json
import os

import numpy as np
import pytest

from tfreid.json_lines import append_lines, read_lines


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "metrics.jsonl")


def write(path, content):
    with open(path, "wb") as file:
        file.write(content)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def test_each_is_one_line_with_plain_numbers(path):
    append_lines(path, {"step": 1, "dataset": "synthetic", "mAP": 12.5})
    append_lines(path, {"step": np.int64(2), "mAP": np.float32(0.5)})
    assert read(path) == (
        b'{"step": 1, "dataset": "synthetic", "mAP": 12.5}\n{"step": 2, "mAP": 0.5}\n'
    )


def test_several_are_appended_at_once(path):
    append_lines(path, {"step": 1, "protocol": "a"}, {"step": 1, "protocol": "b"})
    assert read(path) == b'{"step": 1, "protocol": "a"}\n{"step": 1, "protocol": "b"}\n'


@pytest.mark.parametrize(
    "before, kept",
    [
        (b'{"step": 1}\n{"step": 2, "mA', b'{"step": 1}\n'),
        (b'{"st', b""),
        (b'{"step": 1}\n{"step": 2}', b'{"step": 1}\n{"step": 2}\n'),
        (b"", b""),
        (b'{"step": 1}\n', b'{"step": 1}\n'),
    ],
)
def test_the_rest_of_a_killed_write_is_repaired(path, before, kept):
    """A line that only lacks its line break is whole, and kept."""
    write(path, before)
    append_lines(path, {"step": 9})
    assert read(path) == kept + b'{"step": 9}\n'
    assert [json.loads(line) for line in read(path).splitlines()][-1] == {"step": 9}


def test_of_a_file_that_is_somebody_elses_nothing_is_removed(path, tmp_path):
    (tmp_path / "notes").write_bytes(b"one\nand no end")
    os.symlink("notes", path)
    append_lines(path, {"step": 9})
    assert read(path) == b'one\nand no end\n{"step": 9}\n'
    assert read_lines(path) == [{"step": 9}]


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: os.symlink("/dev/zero", path)])
def test_nothing_is_appended_to_what_may_have_no_end(path, make):
    make(path)
    with pytest.raises(OSError, match="pipe or a device"):
        append_lines(path, {"step": 9})
    assert read_lines(path) == []


def test_a_number_that_json_does_not_have_is_refused_before_writing(path):
    with pytest.raises(ValueError, match="JSON"):
        append_lines(path, {"mAP": float("nan")})
    assert not os.path.exists(path)


def test_a_line_nested_beyond_reason_is_passed_over(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text("[" * 200_000 + "\n")
    append_lines(path, {"mAP": 1.0})
    assert read_lines(path) == [{"mAP": 1.0}]
