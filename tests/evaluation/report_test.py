import errno
import os

import pytest

from tfreid.errors import InputError
from tfreid.evaluation import report
from tfreid.evaluation.report import append_metrics, format_table


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "metrics.jsonl")


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(InputError) as error:
        append_metrics(str(tmp_path), {"mAP": 1.0})
    assert str(error.value) == (
        f"{tmp_path}: cannot be written (Is a directory); free space or allow writing, then "
        "evaluate again."
    )


def test_a_full_disk_is_named(path, monkeypatch):
    def refuse(file):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(InputError, match="metrics.jsonl: cannot be written .No space left on"):
        append_metrics(path, {"mAP": 1.0})


def make_metrics(**changes):
    metrics = {"mAP": 12.345, "rank1": 100.0, "rank5": 100.0, "rank10": 100.0}
    return {**metrics, "queries": 20, "queries_without_match": 0, **changes}


def test_a_table_shows_percent_in_columns():
    rows = {"untrained network": make_metrics(), "trained": make_metrics(mAP=8.0)}
    assert format_table(rows).splitlines() == [
        "                      mAP  rank-1  rank-5  rank-10",
        "untrained network   12.35  100.00  100.00   100.00",
        "trained              8.00  100.00  100.00   100.00",
    ]


def test_a_table_shows_other_columns_and_leaves_gaps():
    lines = format_table({"a": {"mAP_trapezoid": 1.0}}, ["mAP_trapezoid", "mINP"]).splitlines()
    assert lines == ["   mAP trapezoid    mINP", "a           1.00        "]


def test_a_table_says_which_queries_were_left_out():
    lines = format_table({"own": make_metrics(queries_without_match=3)}).splitlines()
    assert lines[-1] == ("own: 3 of 20 queries have no match from another camera and are left out.")


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOSPC])
def test_into_a_run_that_can_be_read_only_nothing_is_added(monkeypatch, caplog, number):
    """A full disk is another matter: there a line is missing that the run's owner counts on."""

    def refuse(path, *lines):
        raise InputError(f"{path}: cannot be written") from OSError(number, os.strerror(number))

    monkeypatch.setattr(report, "append_metrics", refuse)
    if number == errno.ENOSPC:
        with pytest.raises(InputError):
            report.offer_metrics("W/metrics.jsonl", {})
    else:
        report.offer_metrics("W/metrics.jsonl", {})
        assert "W/metrics.jsonl: nothing is added" in caplog.text
