"""Where a training pauses: to evaluate, or for new neighbors."""

import pytest

from tfreid.training.task import Task


def make_task(total, evaluate=0, refresh=0):
    task = Task(None, None)
    task.total_steps, task.evaluate_steps, task.refresh_steps = total, evaluate, refresh
    return task


def _list_stops(task):
    stops, step = [], 0
    while step < task.total_steps:
        step = task.find_next_stop(step)
        stops.append(step)
    return stops


@pytest.mark.parametrize(
    ("evaluate", "refresh", "stops"),
    [
        (0, 0, [10]),
        (4, 0, [4, 8, 10]),
        (0, 3, [3, 6, 9, 10]),
        (4, 3, [3, 4, 6, 8, 9, 10]),
        (5, 5, [5, 10]),
        (20, 0, [10]),
    ],
)
def test_it_pauses_at_multiples_of_both_and_at_the_end(evaluate, refresh, stops):
    assert _list_stops(make_task(10, evaluate, refresh)) == stops


def test_a_resumed_run_pauses_where_an_undisturbed_one_does():
    task = make_task(10, 4, 3)
    assert [task.find_next_stop(step) for step in (1, 5, 7)] == [3, 6, 8]


def test_it_is_evaluated_at_multiples_and_at_the_end_but_never_untrained():
    task = make_task(10, 4, 3)
    assert [step for step in range(11) if task.is_evaluated(step)] == [4, 8, 10]
    assert [step for step in range(11) if make_task(10).is_evaluated(step)] == [10]
