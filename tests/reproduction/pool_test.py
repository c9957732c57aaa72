"""Many runs, few places: who runs when and where, who is told to have failed, who is stopped."""

import json
import os
import re

import pytest

from tests.reproduction.cases import make_plan
from tests.reproduction.stand_in import read_order
from tfreid.reproduction.pool import LOG, Pool, list_gpus, list_slots

STAND_IN = "tests.reproduction.stand_in"
ANSWER = "GPU 0: NVIDIA H100 (UUID: GPU-1)\n  MIG 1g.10gb\nGPU 1: NVIDIA H100 (UUID: GPU-2)\n"


@pytest.fixture
def run(tmp_path, repository):
    """`run(gpus=("0",), note=None, row="what", ...)` runs Table 2; returns {run: failure}."""
    out = tmp_path / "out"
    out.mkdir()

    def run(gpus=("0",), note=None, **what):
        environment = {**os.environ, "PYTHONPATH": str(repository), "WHAT": json.dumps(what)}
        ended = {}
        pool = Pool(STAND_IN, [{**environment, "CUDA_VISIBLE_DEVICES": gpu} for gpu in gpus])
        pool.run(
            make_plan(out).runs,
            note or (lambda run, failure: ended.update({run.row.name: failure})),
        )
        return ended

    run.out = out
    return run


def read_log(out, row):
    return (out / row / "seed0" / LOG).read_text()


def test_on_one_device_runs_follow_each_other_in_the_tables_order(run):
    assert run() == {"sona2_net": "", "sona3_net": "", "sona23_net": ""}
    assert read_order(run.out).splitlines() == [
        "sona2_net on 0",
        "sona3_net on 0",
        "sona23_net on 0",
    ]


def test_two_gpus_take_a_run_each_and_the_third_one_waits_for_either(run):
    assert len(run(gpus=("4", "6"), sona2_net="sona3_net")) == 3
    order = read_order(run.out).splitlines()
    assert sorted(order[:2]) == ["sona2_net on 4", "sona3_net on 6"]
    assert order[2].startswith("sona23_net on ")


def test_a_failing_run_is_told_in_one_line_and_the_others_go_on(run):
    failures = run(sona2_net="refuse", sona3_net="crash", sona23_net="die")
    logs = {row: f"its log is {run.out / row / 'seed0' / LOG}" for row in failures}
    told = {
        "sona2_net": f"--epochs=0: must be at least 1. (exit code 1; {logs['sona2_net']})",
        "sona3_net": f"RuntimeError: no such kernel (exit code 1; {logs['sona3_net']})",
        "sona23_net": f"was killed by SIGKILL (for want of memory?); {logs['sona23_net']}",
    }
    assert failures == told


def test_a_log_begins_with_the_command_and_an_earlier_ones_error_is_not_told_again(run):
    run(sona2_net="refuse")
    assert "no such kernel" in run(sona2_net="crash")["sona2_net"]
    commands = re.findall(r"^\$ (.*)$", read_log(run.out, "sona2_net"), re.MULTILINE)
    assert len(commands) == 2
    assert commands[0].startswith(f"python -m {STAND_IN} --recipe=sona2_market1501 ")


def test_a_folder_that_cannot_be_made_fails_its_run_alone(run):
    (run.out / "sona3_net").write_text("")
    failures = run()
    assert str(run.out / "sona3_net") in failures.pop("sona3_net")
    assert failures == {"sona2_net": "", "sona23_net": ""}


def test_an_error_of_ours_makes_the_runs_that_go_on_save(run):
    """As when the table cannot be written after the first run. The second one hears of it once."""

    def fail(run, failure):
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        run(gpus=("0", "1"), note=fail, sona2_net="sona3_net", sona3_net="wait", sona23_net="wait")
    assert os.path.exists(run.out / "sona3_net" / "seed0" / "saved")


def test_ctrl_c_in_the_terminal_does_not_reach_a_run(run):
    """It comes to us, and from us as one SIGTERM: a run that is asked twice does not save."""
    run()
    (session,) = re.findall(r"session (\d+)", read_log(run.out, "sona2_net"))
    assert int(session) != os.getsid(0)


@pytest.fixture
def install_tool(tmp_path, monkeypatch):
    """Puts an `nvidia-smi` of one's own first among the programs."""

    def install(answer, code=0):
        tool = tmp_path / "nvidia-smi"
        tool.write_text(f"#!/bin/sh\ncat <<'END'\n{answer}END\nexit {code}\n")
        tool.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    return install


@pytest.mark.parametrize(
    ("allowed", "names"),
    [("", []), ("-1", []), ("0", ["0"]), ("2, 0", ["2", "0"]), ("1,-1,0", ["1"])],
)
def test_the_environment_says_which(allowed, names):
    assert list_gpus({"CUDA_VISIBLE_DEVICES": allowed}) == names


def test_without_it_the_drivers_tool_is_asked(install_tool):
    install_tool(ANSWER)
    assert list_gpus({}) == ["0", "1"]


def test_a_tool_that_fails_means_none(install_tool):
    install_tool("GPU 0: but the driver is broken\n", code=9)
    assert list_gpus({}) == []


def test_no_tool_means_none(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert list_gpus({}) == []


def test_each_gpu_takes_one_run_unless_more_are_asked_for():
    environment = {"CUDA_VISIBLE_DEVICES": "3,5", "A": "b"}

    def see(jobs):
        slots = list_slots(environment, jobs)
        assert all(slot["A"] == "b" for slot in slots)
        return [slot["CUDA_VISIBLE_DEVICES"] for slot in slots]

    assert see(0) == ["3", "5"]
    assert see(1) == ["3"]
    assert see(3) == ["3", "5", "3"]


def test_runs_that_share_a_gpu_do_not_take_all_of_its_memory():
    for jobs, told in ((1, None), (2, "true")):
        for slot in list_slots({"CUDA_VISIBLE_DEVICES": "0"}, jobs):
            assert slot.get("TF_FORCE_GPU_ALLOW_GROWTH") == told


def test_a_cpu_takes_one_run_unless_more_are_asked_for():
    environment = {"CUDA_VISIBLE_DEVICES": ""}
    assert list_slots(environment, 0) == [environment]
    assert list_slots(environment, 2) == [environment] * 2
