import sys

import pytest

from tools.benchmarks import doors


def test_all_doors_are_found():
    found = doors.list_doors()
    assert {"check_data", "evaluate", "train", "visualize"} <= set(found)
    assert "errors" not in found and "doors" not in found
    assert set(doors.RUNS) - {"export"} <= set(found)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted in KiB on Linux only")
def test_time_memory_and_failure_of_a_process():
    """It touches 64 MB, waits and fails."""
    code = "x = b'1' * 2**26; import sys, time; time.sleep(0.2); sys.exit('no more')"
    run = doors.run_measured([sys.executable, "-c", code])
    assert run["seconds"] > 0.2 and 70 < run["peak_memory_mb"] < 100
    assert (run["exit_code"], run["last_line"]) == (1, "no more")


def test_helps_are_measured(monkeypatch):
    monkeypatch.setattr(doors, "list_doors", lambda: ["train"])
    numbers = doors.measure(doors.DoorsBenchmark(repeats=1, runs=False))
    assert set(numbers["doors"]) == {"interpreter", "train"}
    assert numbers["slowest_help_seconds"] == numbers["doors"]["train"]["help"]["seconds"] > 0
    assert "failed" not in numbers["doors"]["train"]["help"]


def test_runs_come_in_order_and_a_door_without_one_is_named(monkeypatch):
    commands = []

    def run(command):
        commands.append(command)
        return {"seconds": 1.0, "peak_memory_mb": 2.0, "exit_code": 0, "last_line": ""}

    monkeypatch.setattr(doors, "run_measured", run)
    monkeypatch.setattr(doors, "list_doors", lambda: ["evaluate", "new", "train"])
    numbers = doors.measure(doors.DoorsBenchmark(repeats=1))["doors"]
    assert [c[2] for c in commands if c[1] == "-m"][-2:] == ["tfreid.train", "tfreid.evaluate"]
    assert numbers["new"]["run"] == "not run: it has no small run here"
    assert numbers["train"]["run"] == {"seconds": 1.0, "peak_memory_mb": 2.0}
