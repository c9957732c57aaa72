import sys

import pytest

from tools.benchmarks import doors


def test_all_doors_are_found():
    found = doors.list_doors()
    assert {"check_data", "evaluate", "train", "visualize"} <= set(found)
    assert "errors" not in found and "doors" not in found


def test_every_door_has_a_small_run():
    assert set(doors.RUNS) == set(doors.list_doors())


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
        memory = 5.0 if "tfreid.evaluate" in command else 2.0
        return {"seconds": 1.0, "peak_memory_mb": memory, "exit_code": 0, "last_line": ""}

    monkeypatch.setattr(doors, "run_measured", run)
    monkeypatch.setattr(doors, "list_doors", lambda: ["evaluate", "new", "reproduce", "train"])
    report = doors.measure(doors.DoorsBenchmark(repeats=1))
    numbers = report["doors"]
    runs = [command[2:] for command in commands if command[1] == "-m"][-3:]
    assert [run[0] for run in runs] == ["tfreid.train", "tfreid.evaluate", "tfreid.reproduce"]
    assert runs[2][-1].startswith("--train_flags=--height=64 --width=32 ")  # one flag of many words
    assert numbers["new"]["run"] == "not run: it has no small run here"
    assert numbers["train"]["run"] == {"seconds": 1.0, "peak_memory_mb": 2.0}
    assert report["slowest_help_to_interpreter"] == 1
    assert report["greatest_memory_to_tensorflow"] == 2.5
