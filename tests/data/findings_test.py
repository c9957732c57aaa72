"""Findings and the report that they make."""

import os

import pytest

from tfreid.data.findings import (
    EVALUATION,
    TRAINING,
    Finding,
    Report,
    tell_number,
    write_faults,
)
from tfreid.errors import InputError


def test_numbers_are_told_with_their_noun():
    assert tell_number(1, "image") == "1 image"
    assert tell_number(1234, "image") == "1,234 images"
    assert tell_number(0, "identity", "identities") == "0 identities"


@pytest.mark.parametrize(
    ("stops", "can_train", "can_evaluate"),
    [
        ((), True, True),
        ((TRAINING,), False, True),
        ((EVALUATION,), True, False),
        ((TRAINING, EVALUATION), False, False),
    ],
)
def test_a_report_knows_what_its_findings_stop(stops, can_train, can_evaluate):
    report = Report("here", [Finding("ok", "Fine."), Finding("error", "Broken.", stops)])
    assert (report.can_train, report.can_evaluate) == (can_train, can_evaluate)
    assert report.text().splitlines()[-2:] == [
        f"Training: {'possible' if can_train else 'not possible'}.",
        f"Evaluation: {'possible' if can_evaluate else 'not possible'}.",
    ]


def test_the_text_is_a_table_of_levels_with_wrapped_sentences():
    report = Report("here", [Finding("ok", "Fine."), Finding("warning", "word " * 30)])
    assert report.text().splitlines() == [
        "here",
        "",
        "  ok       Fine.",
        "  warning  " + " ".join(["word"] * 18),
        "           " + " ".join(["word"] * 12),
        "",
        "Training: possible.",
        "Evaluation: possible.",
    ]


def test_a_path_is_never_broken_so_that_it_can_be_copied():
    path = "/a-b/" + "long-name" * 20 + ".jpg"
    assert path in Report("here", [Finding("error", f"See {path} there.")]).text()


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: os.symlink("/dev/zero", path)])
def test_a_report_replaces_no_pipe_folder_or_device(tmp_path, make):
    path = str(tmp_path / "r.csv")
    make(path)
    before = os.lstat(path)
    with pytest.raises(InputError, match="r.csv: is something else than a report"):
        write_faults(path, [])
    assert os.path.samestat(before, os.lstat(path))


def test_a_report_is_replaced_whatever_ends_its_lines(tmp_path):
    path = tmp_path / "r.csv"
    for end in ("\n", "\r\n"):
        path.write_bytes(f"level,path,what{end}error,a,b{end}".encode())
        write_faults(str(path), [])
        assert path.read_bytes() == b"level,path,what\r\n"


def test_an_unknown_level_is_refused():
    with pytest.raises(ValueError, match="level='fatal'; allowed are"):
        Finding("fatal", "x")
