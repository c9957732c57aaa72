import os
import threading

import pytest

from tfreid.cores import share_out


@pytest.fixture
def cores(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(3), raising=False)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 100])
def test_each_row_is_in_one_part(cores, count):
    parts = []
    share_out(lambda *part: parts.append(part), count, 2**20)
    assert [row for part in sorted(parts) for row in range(*part)] == list(range(count))
    assert len(parts) == max(1, min(count, 3))


def test_parts_are_worked_on_at_the_same_time(cores):
    together = threading.Barrier(3, timeout=60)
    share_out(lambda *_: together.wait(), 3, 2**20)


def test_little_work_gets_no_threads(cores):
    workers = set()
    share_out(lambda *_: workers.add(threading.get_ident()), 1000, 10)
    assert workers == {threading.get_ident()}


def test_what_a_part_raises_is_raised(cores):
    with pytest.raises(ZeroDivisionError):
        share_out(lambda start, _: 1 / start, 3, 2**20)
