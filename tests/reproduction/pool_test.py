"""Many runs, few places: who runs when, who is told to have failed, who is stopped."""

import json
import os
import re

import pytest

from tests.reproduction.cases import make_plan
from tests.reproduction.stand_in import read_order
from tfreid.reproduction.pool import LOG, Pool

STAND_IN = "tests.reproduction.stand_in"


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
