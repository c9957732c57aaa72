"""Sides in processes of their own. How fast anything is, no test says."""

import os
import time

import pytest

from tfreid.errors import InputError
from tools.benchmarks.sides import Side, compare_sides, measure_sides, report_sides


def prepare_count(start):
    """Returns a work that counts its calls from `start`."""
    counts = iter(range(start, 100))
    return lambda: next(counts)


def prepare_environment():
    return lambda: (os.getpid(), os.environ["OMP_NUM_THREADS"], len(os.sched_getaffinity(0)))


def prepare_missing():
    import no_such_library

    return no_such_library


def prepare_broken():
    raise OSError("no room\nat all")


def prepare_refusal():
    raise InputError("--height=0: must be at least 1.")


def prepare_death():
    os._exit(9)


def break_later():
    def work():
        raise ValueError("too late")

    return work


def test_each_side_works_once_to_prepare_and_then_by_turns():
    sides = measure_sides({"a": (prepare_count, (0,)), "b": (prepare_count, (10,))}, 1, 2)
    assert [side.results for side in sides.values()] == [[0, 1, 2], [10, 11, 12]]
    assert [len(side.seconds) for side in sides.values()] == [2, 2]


def test_a_side_has_a_process_and_its_share_of_cores_and_leaves_ours_alone(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    cores = os.sched_getaffinity(0)
    sides = measure_sides({"only": (prepare_environment, ())}, 1, 1)
    process, threads, share = sides["only"].results[-1]
    assert process != os.getpid() and (threads, share) == ("1", 1)
    assert os.environ["OMP_NUM_THREADS"] == "7" and os.sched_getaffinity(0) == cores


@pytest.mark.parametrize(
    "prepare, missing",
    [
        (prepare_missing, "not installed (no_such_library)"),
        (prepare_broken, "failed: OSError: no room"),
        (break_later, "failed: ValueError: too late"),
        (prepare_death, "failed: its process ended; out of memory?"),
    ],
)
def test_a_side_that_cannot_be_measured_says_why_and_gets_no_figure(prepare, missing):
    sides = measure_sides({"a": (prepare_count, (0,)), "b": (prepare, ())}, 1, 1)
    assert report_sides(sides, 1)["b"] == missing
    assert compare_sides(sides, "a") == {}


def prepare_waste():
    """Returns a work that turns for 0.2 seconds and sleeps as long."""

    def work():
        start = time.process_time()
        while time.process_time() < start + 0.2:
            pass
        time.sleep(0.2)

    return work


def test_the_processors_time_is_told_apart_from_the_clocks():
    side = measure_sides({"a": (prepare_waste, ())}, 1, 1)["a"]
    assert side.seconds[0] > 0.39 and 0.19 < side.cpu_seconds[0] < 0.39


def test_nothing_is_measured_without_the_first_side():
    with pytest.raises(RuntimeError, match="a: failed: OSError: no room"):
        measure_sides({"a": (prepare_broken, ()), "b": (prepare_count, (0,))}, 1, 1)


def test_wrong_input_is_told_as_such():
    with pytest.raises(InputError, match="--height=0"):
        Side(prepare_refusal, (), 1)


class MeasuredSide:
    missing = None

    def __init__(self, *seconds):
        self.seconds = list(seconds)
        self.cpu_seconds = [3 * value for value in seconds[:1]]


def test_sides_are_compared_turn_by_turn():
    """Quotients 1/2, 2/2 and 6/8: their median is 0.75, 1.333 the other way round; CPU 3/6."""
    sides = {"ours": MeasuredSide(1, 2, 6), "theirs": MeasuredSide(2, 2, 8)}
    assert compare_sides(sides, "ours") == {"seconds_to_theirs": 0.75, "cpu_to_theirs": 0.5}
    assert compare_sides(sides, "ours", reverse=True) == {
        "speed_to_theirs": 1.333,
        "cpu_to_theirs": 0.5,
    }


def test_the_report_has_median_least_and_rate():
    report = report_sides({"ours": MeasuredSide(1, 2, 6)}, 10)
    assert report["ours"] == {
        "seconds_median": 2,
        "seconds_least": 1,
        "cpu_seconds_median": 3,
        "images_per_second": 5.0,
    }
