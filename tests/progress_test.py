"""Progress of long work."""

import pytest
from absl import logging

from tfreid import progress


def _run(monkeypatch, seconds_per_item, items=4):
    """Advances through a fake clock; returns the lines that were logged."""
    clock, lines = [100.0], []
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(logging, "info", lambda form, *values: lines.append(form % values))
    work = progress.Progress("Counting sheep", items)
    for _ in range(items):
        clock[0] += seconds_per_item
        work.advance()
    return lines


def test_long_work_tells_what_remains(monkeypatch):
    """Items of 10 s: after 1 of 4, 30 s remain; the end is not announced."""
    assert _run(monkeypatch, 10) == [
        "Counting sheep: 1 of 4, 30 s remaining.",
        "Counting sheep: 2 of 4, 20 s remaining.",
        "Counting sheep: 3 of 4, 10 s remaining.",
    ]


def test_short_work_says_nothing(monkeypatch):
    assert _run(monkeypatch, progress.SECONDS_BETWEEN_REPORTS / 5) == []


def test_reports_keep_their_distance(monkeypatch):
    """Items of 2 s, reports 5 s apart: after 6 s, then after 12 s."""
    assert [line.split()[2] for line in _run(monkeypatch, 2, items=8)] == ["3", "6"]


def test_a_watcher_sees_each_step_from_the_beginning_on_and_may_end_the_work():
    seen = []

    def notice(work):
        seen.append((work.title, work.done, work.total, work.remaining is None))
        if work.done == 2:
            raise InterruptedError

    with progress.watch(notice):
        work = progress.Progress("Counting sheep", 3)
        work.advance()
        with pytest.raises(InterruptedError):
            work.advance()
    progress.Progress("Counting goats", 3)
    assert [(done, is_new) for _, done, _, is_new in seen] == [(0, True), (1, False), (2, False)]
    assert {step[::2] for step in seen} == {("Counting sheep", 3)}
