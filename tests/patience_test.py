"""Files that hang: they are given up, and neither the others nor the process wait for them."""

import threading

import pytest

from tfreid import patience
from tfreid.errors import InputError
from tfreid.patience import run_each


@pytest.fixture
def never():
    """An event that comes at the test's end."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def hang(monkeypatch, never):
    monkeypatch.setattr(patience, "PATIENCE", 0.05)
    return lambda item: never.wait() if item in (3, 40) else 2 * item


def test_what_hangs_is_given_up_and_all_others_come_in_order(hang):
    answers = list(run_each(hang, range(50), 2, lambda item: -item, ahead=4))
    assert answers == [-n if n in (3, 40) else 2 * n for n in range(50)]


def test_where_everything_hangs_it_ends_with_one_line(monkeypatch, never):
    monkeypatch.setattr(patience, "PATIENCE", 0.05)
    with pytest.raises(InputError, match="3 files: no answer in time"):
        list(run_each(lambda item: never.wait(), range(1000), 2, lambda item: None))


def test_no_thread_keeps_the_process(monkeypatch, never):
    monkeypatch.setattr(patience, "PATIENCE", 0.05)
    before = set(threading.enumerate())
    list(run_each(lambda item: never.wait(), [1], 1, lambda item: None))
    left = set(threading.enumerate()) - before
    assert left and all(thread.daemon for thread in left)


def test_an_error_is_raised_in_its_turn():
    answers = run_each(lambda item: 6 // item, [3, 2, 0, 1], 4, None)
    assert [next(answers), next(answers)] == [2, 3]
    with pytest.raises(ZeroDivisionError):
        next(answers)


def test_items_are_taken_as_answers_are():
    taken = []
    items = (taken.append(n) or n for n in range(10**9))
    assert next(run_each(lambda item: item, items, 2, None, ahead=5)) == 0
    assert len(taken) == 6


def test_what_waits_for_its_turn_or_computes_does_not_hang(monkeypatch):
    monkeypatch.setattr(patience, "PATIENCE", 0.02)

    def work(item):
        with patience.pause():
            threading.Event().wait(0.1)
        return item

    assert list(run_each(work, range(6), 2, lambda item: "given up")) == list(range(6))
