"""The command: a table by real trainings; wrong input starts nothing."""

import json
import os

import pytest

from tests.tiny_trainings import FLAGS, SYSTEMS
from tfreid import reproduce
from tfreid.errors import InputError
from tfreid.reproduction import command

TINY = {**FLAGS, **SYSTEMS["kvm_mn"], "steps": 2, "refresh_steps": 0, "mutual_sets": "false"}


def make_argv(folder, out, **changes):
    flags = {
        "table": "kvm_table_3",
        "rows": "base,pairwise",
        "dataset": "folder",
        "data_dir": folder,
        "out": out,
        "scale": "small",
        "seeds": 1,
        "train_flags": " ".join(f"--{name}={value}" for name, value in TINY.items()),
        **changes,
    }
    return ["tfreid.reproduce", *(f"--{name}={value}" for name, value in flags.items())]


def test_a_table_is_run_once_by_real_trainings_from_any_folder(
    market_folder, tmp_path, capsys, monkeypatch, repository
):
    monkeypatch.setattr(command, "TRAIN", "tests.eager")
    monkeypatch.setenv("PYTHONPATH", str(repository))
    monkeypatch.chdir(tmp_path)
    argv = make_argv(market_folder(), "out", rows="base")
    assert reproduce.main(argv) == 0
    out = tmp_path / "out"
    rows = {row["row"]: row for row in read_json(out)["columns"][0]["rows"]}
    (run,) = rows["base"]["runs"]
    assert (run["step"], run["dataset"], run["seed"]) == (2, "folder", 0)
    assert rows["base"]["ours"]["mean"]["mAP"] == round(run["mAP"], 4)
    assert rows["pairwise"]["runs"] == []
    assert "| Base | 1 of 1 |" in capsys.readouterr().out
    assert os.path.getsize(out / "kvm_table_3.png") > 1000

    before = (out / "base" / "seed0" / "log.txt").read_text()
    assert reproduce.main(argv) == 0
    assert (out / "base" / "seed0" / "log.txt").read_text() == before


def read_json(out):
    return json.loads((out / "kvm_table_3.json").read_text())


def test_a_run_that_fails_is_exit_code_1(tmp_path, market_folder, capsys, monkeypatch, repository):
    monkeypatch.setattr(command, "TRAIN", "tests.reproduction.stand_in")
    monkeypatch.setenv("PYTHONPATH", str(repository))
    monkeypatch.setenv("WHAT", json.dumps({"base": "refuse"}))
    assert reproduce.main(make_argv(market_folder(), str(tmp_path / "out"), rows="base")) == 1
    assert "* base/seed0: --epochs=0" in capsys.readouterr().out


def test_commands_are_printed_and_nothing_is_run(tmp_path, market_folder, capsys):
    argv = make_argv(market_folder(), str(tmp_path / "out"), print_commands="true")
    assert reproduce.main(argv) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [f"/{row}/seed0" in line for row, line in zip(("base", "pairwise"), lines)] == [True] * 2
    assert sorted(os.listdir(tmp_path / "out")) == [".lock", "settings.json"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"table": "sona_table_6"}, "table=sona_table_6: did you mean sona_table_.. the tables"),
        ({"rows": "heads3"}, "no row heads3; did you mean heads.. its rows are base, heads1"),
        ({"seeds": 0}, "seeds=0: must be at least 1"),
        ({"splits": 0}, "splits=0: must be at least 1"),
        (
            {"dataset": "market1502"},
            "dataset=market1502: did you mean market1501. allowed values are",
        ),
        ({"data_dir": "nowhere"}, "nowhere: no such folder"),
        ({"dataset": "market1501", "rows": "base"}, "not Market-1501 as published"),
        ({"scale": "large"}, "scale=large: allowed values are paper, small"),
    ],
)
def test_wrong_input_is_told_before_anything_starts(tmp_path, market_folder, changes, message):
    out = tmp_path / "out"
    with pytest.raises(InputError, match=message) as caught:
        reproduce.main(make_argv(market_folder(), str(out), **changes))
    assert "\n" not in str(caught.value)
    assert not out.exists()
