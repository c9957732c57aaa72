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


def test_several_data_sets_and_splits_come_together(make_report, tmp_path):
    """CUHK03's splits 0 and 1 were run with two seeds and one: means 41 and 44."""
    changes = {"table": "kvm_table_1", "rows": ("kvm_mn",)}
    plan = Plan(make_options(tmp_path, splits=2, seeds=2, **changes))
    scores = {"split-random-0/seed0": 40.0, "split-random-0/seed1": 42.0}
    scores["split-random-1/seed0"] = 44.0
    for run in plan.runs:
        column, place = run.name.split("/kvm_mn/")
        if column == "cuhk03_labeled" and place in scores:
            finish(run, rank1=scores[place])
        elif column == "market1501" and place == "seed1":
            finish(run, rank1=90.0)
    make_report(**changes).write()
    record = json.loads((tmp_path / "kvm_table_1.json").read_text())
    rows = {column["name"]: column["rows"][1] for column in record["columns"]}
    assert rows["cuhk03_labeled"]["ours"]["mean"]["rank1"] == 42.5
    assert rows["cuhk03_labeled"]["ours"]["deviation"]["rank1"] == 2.1213  # 3 / sqrt(2)
    assert rows["cuhk03_labeled"]["difference"]["rank1"] == -51.5  # published: 94.0
    assert rows["market1501"]["ours"]["mean"]["rank1"] == 90.0
    assert rows["cuhk01_100"]["runs"] == rows["cuhk01_486"]["runs"] == []


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
