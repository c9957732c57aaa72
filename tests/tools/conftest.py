"""Work that a benchmark gives to a process of its own, done in this one: a start takes seconds.

`sides_test` and `measuring_test` have the processes themselves.
"""

import pickle
import time

import pytest

from tools.benchmarks import input_pipeline, ranking, search, sides


class SideHere:
    """What `Side` does, without a process; what would not reach one fails here, too."""

    def __init__(self, prepare, arguments, *_):
        self.missing, self.seconds, self.cpu_seconds, self.results = None, [], [], []
        prepare, arguments = pickle.loads(pickle.dumps((prepare, arguments)))
        try:
            self._work = prepare(*arguments)
        except ModuleNotFoundError as error:
            self.missing = f"{sides.NOT_INSTALLED} ({error.name})"
        else:
            self._do()

    def time_turn(self):
        start = time.perf_counter()
        self._do()
        self.seconds.append(time.perf_counter() - start)
        self.cpu_seconds.append(self.seconds[-1])

    def close(self):
        self._work = None

    def _do(self):
        self.results.append(pickle.loads(pickle.dumps(self._work())))


@pytest.fixture
def sides_here(monkeypatch):
    """Sides that work in this process."""
    monkeypatch.setattr(sides, "Side", SideHere)


@pytest.fixture
def alone_here(monkeypatch):
    """What is done alone for its memory's sake, done in this process."""
    for module in (input_pipeline, ranking, search):
        monkeypatch.setattr(module, "run_alone", lambda work, *arguments: work(*arguments))
