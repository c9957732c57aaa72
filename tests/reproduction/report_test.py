"""The table's files, and what earlier commands left."""

import json

import pytest

from tests.reproduction.cases import finish, make_options
from tfreid.reproduction.plan import Plan
from tfreid.reproduction.report import TableReport


@pytest.fixture
def make_report(tmp_path, repository, monkeypatch):
    monkeypatch.chdir(repository)

    def make(**changes):
        options = make_options(tmp_path, **changes)
        return TableReport(Plan(options), options)

    return make


def test_all_runs_are_open_at_first(make_report):
    names = [run.name for run in make_report().list_open()]
    assert names == ["sona2_net/seed0", "sona3_net/seed0", "sona23_net/seed0"]


def test_finished_runs_are_skipped_and_in_the_table_whichever_rows_are_asked_for(
    make_report, tmp_path
):
    plan = Plan(make_options(tmp_path, seeds=2))
    finish(plan.runs[1], mAP=44.0)
    assert plan.runs[1].name == "sona3_net/seed0"
    report = make_report(rows=("sona2_net",))
    assert [run.name for run in report.list_open()] == ["sona2_net/seed0"]
    report.write()
    record = json.loads((tmp_path / "sona_table_2.json").read_text())
    rows = {row["row"]: row for row in record["columns"][0]["rows"]}
    assert rows["sona3_net"]["ours"]["mean"]["mAP"] == 44.0
    assert rows["sona2_net"]["runs"] == []


def test_three_files_are_written_whole(make_report, tmp_path):
    report = make_report()
    report.failures["sona2_net/seed0"] = "out of luck"
    paths = report.write()
    assert [path.rsplit("/", 1)[1] for path in paths] == [
        "sona_table_2.md",
        "sona_table_2.json",
        "sona_table_2.png",
    ]
    assert json.loads((tmp_path / "sona_table_2.json").read_text())["failures"]
    assert "out of luck" in (tmp_path / "sona_table_2.md").read_text()
    assert not [path.name for path in tmp_path.iterdir() if path.name.endswith(".tmp")]
