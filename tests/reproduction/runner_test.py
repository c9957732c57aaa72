"""Runs one after the other or together; failures do not stop the others, a signal stops all."""

import contextlib
import json
import os
import signal
import threading
import time

import pytest

from tests.reproduction.cases import make_plan
from tfreid.reproduction.runner import Runner
from tfreid.training.signals import StopRequest

# Stands for tfreid.train: leaves a result, fails for sona3_net, or waits until it is stopped.
PROGRAM = """
import json, os, sys, time
folder = sys.argv[-1].split("=", 1)[1]
row = folder.split(os.sep)[-2]
out = os.path.dirname(os.path.dirname(folder))
with open(os.path.join(out, "order"), "a") as file:
    file.write(f"{row} on {os.environ['CUDA_VISIBLE_DEVICES']}\\n")
if row == os.environ["FAILS"]:
    sys.exit("error: out of luck.")
if row == os.environ["TOGETHER_WITH"]:
    while "sona3_net" not in open(os.path.join(out, "order")).read():
        time.sleep(0.01)
while row == os.environ["WAITS"]:
    time.sleep(0.01)
line = {"source": "train", "step": 7, "mAP": 50.0}
if row != os.environ["LOSES"]:
    open(os.path.join(folder, "metrics.jsonl"), "w").write(json.dumps(line) + "\\n")
"""


@pytest.fixture
def make_runner(tmp_path, repository, monkeypatch):
    """`make_runner(gpus=("0",), fails="row", ...)` returns (Runner, results, order file's text)."""
    monkeypatch.chdir(repository)
    (tmp_path / "stand_in.py").write_text(PROGRAM)
    out = tmp_path / "out"
    out.mkdir()

    def make(gpus=("0",), stop=None, **behaviors):
        behaviors = {name.upper(): row for name, row in behaviors.items()}
        words = dict.fromkeys(("FAILS", "WAITS", "LOSES", "TOGETHER_WITH"), "")
        environment = {**os.environ, **words, **behaviors}
        environment["PYTHONPATH"] = f"{tmp_path}:{repository}"
        slots = [{**environment, "CUDA_VISIBLE_DEVICES": gpu} for gpu in gpus]
        results = {}
        runner = Runner(
            make_plan(out).runs,
            "stand_in",
            slots,
            stop or StopRequest(),
            lambda run, result: results.update({run.name: result}),
        )
        return runner, results, lambda: (out / "order").read_text().splitlines()

    return make


def test_on_one_device_runs_follow_each_other(make_runner):
    runner, results, order = make_runner()
    runner.run()
    assert order() == ["sona2_net on 0", "sona3_net on 0", "sona23_net on 0"]
    assert [line["mAP"] for line in results.values()] == [50.0] * 3
    assert not runner.failures


def test_two_gpus_take_a_run_each(make_runner):
    """The first run ends only when the second has started, and the third takes a free GPU."""
    runner, results, order = make_runner(gpus=("4", "6"), together_with="sona2_net")
    runner.run()
    assert sorted(order()[:2]) == ["sona2_net on 4", "sona3_net on 6"]
    assert order()[2].startswith("sona23_net on ")
    assert len(results) == 3


def test_a_failing_run_is_told_in_one_line_and_the_others_go_on(make_runner):
    runner, results, _ = make_runner(fails="sona2_net")
    runner.run()
    assert list(results) == ["sona3_net/seed0", "sona23_net/seed0"]
    (reason,) = runner.failures.values()
    assert reason.startswith("out of luck. (exit code 1; its log is ")


def test_a_run_that_ends_well_without_a_result_has_failed(make_runner):
    runner, results, _ = make_runner(loses="sona23_net")
    runner.run()
    assert list(runner.failures) == ["sona23_net/seed0"]
    assert "no usable result" in runner.failures["sona23_net/seed0"]
    assert len(results) == 2


def test_a_finished_run_is_marked(make_runner, tmp_path):
    make_runner()[0].run()
    mark = tmp_path / "out" / "sona3_net" / "seed0" / "finished.json"
    assert json.loads(mark.read_text()) == {"step": 7}


def test_an_error_of_ours_leaves_no_run_behind(make_runner):
    """The table cannot be written after the first run, while the second one goes on."""
    runner, _, order = make_runner(gpus=("0", "1"), waits="sona3_net", together_with="sona2_net")

    def fail(run, result):
        raise OSError("disk full")

    runner._report = fail
    with pytest.raises(OSError, match="disk full"):
        runner.run()
    assert [process.poll() for process in runner._running] == [-signal.SIGTERM]
    assert len(order()) == 2


def test_a_signal_ends_the_run_that_goes_on_and_starts_no_other(make_runner):
    with StopRequest() as stop:
        stop.waits = True
        runner, results, order = make_runner(stop=stop, waits="sona3_net")
        killer = threading.Thread(target=_signal_when, args=(order, "sona3_net on 0"))
        killer.start()
        runner.run()
        killer.join()
        stop.waits, stop.received = False, 0
    assert list(results) == ["sona2_net/seed0"]
    assert order() == ["sona2_net on 0", "sona3_net on 0"]
    assert not runner.failures  # it was asked to end


def _signal_when(order, line):
    while True:
        with contextlib.suppress(FileNotFoundError):
            if line in order():
                break
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGTERM)
