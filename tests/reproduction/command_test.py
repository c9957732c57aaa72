"""A whole command, with a stand-in for the trainings: what is run, skipped, told and stopped."""

import json
import math
import os
import shlex
import signal
import subprocess
import sys
import threading
import time

import pytest

from tests.reproduction.cases import LINE, finish, make_options, make_plan
from tests.reproduction.stand_in import read_order
from tfreid.errors import InputError
from tfreid.options import TrainOptions
from tfreid.reproduction import command
from tfreid.reproduction.command import mark_finished, read_result
from tfreid.reproduction.plan import Plan
from tfreid.runs.workdir import Workdir
from tfreid.training.signals import Interrupted

TIMES = {"table": "sona_section_3_5", "seeds": 1}  # needs no data
COMMAND = f"""
import sys
from tests.reproduction.cases import make_options
from tfreid.reproduction import command
command.TIME = "tests.reproduction.stand_in"
command.reproduce(make_options(sys.argv[1], **{TIMES}))
"""


@pytest.fixture
def reproduce(tmp_path, repository, monkeypatch):
    """`reproduce(row="what", ...)` repeats the table of times; returns its record and failures."""
    monkeypatch.setattr(command, "TIME", "tests.reproduction.stand_in")
    monkeypatch.setenv("PYTHONPATH", str(repository))

    def reproduce(rows=(), **what):
        monkeypatch.setenv("WHAT", json.dumps(what))
        paths, failures = command.reproduce(make_options(tmp_path, rows=rows, **TIMES))
        assert [os.path.basename(path) for path in paths] == [
            "sona_section_3_5.md",
            "sona_section_3_5.json",
            "sona_section_3_5.png",
        ]
        return read_rows(tmp_path / "sona_section_3_5.json"), failures

    return reproduce


def read_rows(path, column=0):
    with open(path, encoding="utf-8") as file:
        return {row["row"]: row for row in json.load(file)["columns"][column]["rows"]}


def test_finished_runs_are_in_the_table_and_not_run_again(reproduce, tmp_path):
    rows, failures = reproduce(rows=("with_sona2",))
    assert rows["with_sona2"]["ours"]["mean"] == {"forward_ms": 8.0}
    assert rows["without_sona2"]["runs"] == [] and not failures
    rows, _ = reproduce(rows=("without_sona2",))
    assert all(len(row["runs"]) == 1 for row in rows.values())
    reproduce()
    assert len(read_order(tmp_path).splitlines()) == 2


def test_failures_are_in_the_table_and_are_tried_again(reproduce, tmp_path):
    rows, failures = reproduce(without_sona2="refuse", with_sona2="forget")
    assert failures["without_sona2/seed0"].startswith("--epochs=0: must be at least 1.")
    assert "metrics.jsonl" in failures["with_sona2/seed0"]
    assert "* without_sona2/seed0: --epochs=0" in (tmp_path / "sona_section_3_5.md").read_text()
    rows, failures = reproduce()
    assert not failures and all(row["runs"] for row in rows.values())
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".tmp")]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_the_run_that_goes_on_save_and_starts_no_other(reproduce, tmp_path, number):
    killer = threading.Thread(target=signal_when_started, args=(tmp_path, number))
    killer.start()
    with pytest.raises(Interrupted) as caught:
        reproduce(without_sona2="wait")
    killer.join()
    assert caught.value.signal_number == number
    assert (tmp_path / "without_sona2" / "seed0" / "saved").exists()
    assert len(read_order(tmp_path).splitlines()) == 1
    assert "Failed" not in (tmp_path / "sona_section_3_5.md").read_text()
    assert reproduce()[1] == {}  # it goes on


def test_a_killed_commands_run_saves_and_ends_and_the_next_command_goes_on(reproduce, tmp_path):
    environment = {**os.environ, "WHAT": json.dumps({"without_sona2": "wait"})}
    process = subprocess.Popen([sys.executable, "-c", COMMAND, str(tmp_path)], env=environment)
    while process.poll() is None and not (tmp_path / "order").exists():
        time.sleep(0.01)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    saved = tmp_path / "without_sona2" / "seed0" / "saved"
    for _ in range(6000):
        if saved.exists():
            break
        time.sleep(0.01)
    assert saved.exists() and len(read_order(tmp_path).splitlines()) == 1
    rows, failures = reproduce()
    assert not failures and all(row["runs"] for row in rows.values())


def signal_when_started(out, number):
    while not (out / "order").exists() or not read_order(out):
        time.sleep(0.01)
    os.kill(os.getpid(), number)


def test_commands_for_a_cluster_are_those_of_the_open_runs(tmp_path, market_folder):
    changes = {"dataset": "folder", "data_dir": market_folder(), "rows": ("sona2_net", "sona3_net")}
    options = make_options(tmp_path / "out", **changes)
    runs = Plan(options).runs
    assert len(command.list_commands(options)) == 2
    finish(runs[0])
    (line,) = command.list_commands(options)
    python, dash_m, module, *flags = shlex.split(line)
    assert (python, dash_m, module) == ("python", "-m", "tfreid.train")
    assert TrainOptions.parse([module, *flags]) == runs[1].options


def test_several_data_sets_and_splits_come_together(tmp_path):
    """CUHK03's splits 0 and 1 were run with two seeds and one: means 41 and 44."""
    changes = {"table": "kvm_table_1", "rows": ("kvm_mn",)}
    scores = {"split-random-0/seed0": 40.0, "split-random-0/seed1": 42.0}
    scores["split-random-1/seed0"] = 44.0
    for run in make_plan(tmp_path, splits=2, seeds=2, **changes).runs:
        column, place = run.name.split("/kvm_mn/")
        if column == "cuhk03_labeled" and place in scores:
            finish(run, rank1=scores[place])
        elif column == "market1501" and place == "seed1":
            finish(run, rank1=90.0)
    options = make_options(tmp_path, **changes)
    command.TableReport(Plan(options), options).write()
    cuhk03, cuhk01_100, cuhk01_486, market = (
        read_rows(tmp_path / "kvm_table_1.json", column)["kvm_mn"] for column in range(4)
    )
    assert cuhk03["ours"]["mean"]["rank1"] == 42.5
    assert cuhk03["ours"]["deviation"]["rank1"] == 2.1213  # 3 / sqrt(2)
    assert cuhk03["difference"]["rank1"] == -51.5  # published: 94.0
    assert market["ours"]["mean"]["rank1"] == 90.0
    assert cuhk01_100["runs"] == cuhk01_486["runs"] == []


@pytest.mark.parametrize(
    ("changes", "jobs", "gpus"),
    [
        ({}, 0, ["3", "5"]),
        ({"train_flags": "--devices=gpus"}, 0, ["3,5"]),
        ({"table": "sona_section_3_5"}, 0, ["3"]),  # side by side they would slow each other down
        ({"table": "sona_section_3_5"}, 2, ["3", "5"]),
    ],
)
def test_gpus_are_spread_over_runs(tmp_path, monkeypatch, changes, jobs, gpus):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    slots = command.choose_slots(make_plan(tmp_path, **changes), jobs)
    assert [slot["CUDA_VISIBLE_DEVICES"] for slot in slots] == gpus


@pytest.fixture
def run(tmp_path):
    return make_plan(tmp_path).runs[0]


def write_lines(run, *lines):
    with open(Workdir(run.workdir).metrics, "w", encoding="utf-8") as file:
        file.writelines(
            f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines
        )


def test_a_finished_run_is_read(run):
    assert read_result(run) is None
    finish(run)
    assert read_result(run) == LINE


def test_an_evaluated_run_whose_process_has_not_ended_is_not_finished(run):
    """Lines are written after some epochs, too, not only after the last."""
    finish(run)
    os.remove(os.path.join(run.workdir, "finished.json"))
    assert read_result(run) is None


def test_the_last_evaluation_of_the_training_counts_and_its_own_protocol(run):
    finish(run)
    write_lines(
        run,
        {**LINE, "step": 3, "mAP": 1.0},
        {**LINE, "mAP": 2.0, "protocol": "single_gallery_shot_drop_camera"},
        {**LINE, "mAP": 3.0, "protocol": "all_pairs"},
        {**LINE, "source": "evaluate", "step": 9, "mAP": 4.0},  # by the door, of whatever data
    )
    assert read_result(run)["mAP"] == 2.0


def test_a_run_with_other_flags_is_not_finished(run, tmp_path):
    finish(run)
    other = make_plan(tmp_path, train_flags="--epochs=3").runs[0]
    assert other.workdir == run.workdir
    assert read_result(other) is None


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        {**LINE, "mAP": math.nan},
        {**LINE, "mAP": "50"},
        {"source": "train", "step": 7},
        {**LINE, "step": "7"},
        {**LINE, "rank1": -1.0},
    ],
)
def test_a_damaged_result_is_none_and_told_when_its_process_ends(run, line):
    finish(run)
    write_lines(run, line)
    assert read_result(run) is None
    with pytest.raises(InputError, match=r"metrics.jsonl: no usable result; delete this file"):
        mark_finished(run)


def test_damaged_flags_are_no_finished_run(run):
    finish(run)
    with open(Workdir(run.workdir).flags, "wb") as file:
        file.write(b"\xff\xfe--epochs")
    assert read_result(run) is None
