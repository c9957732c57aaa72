"""Runs the runs: each in a process of its own, one for each slot, until all have ended."""

import time

from absl import logging

from tfreid.errors import InputError
from tfreid.reproduction.process import RunProcess
from tfreid.reproduction.progress import OverallProgress
from tfreid.reproduction.results import mark_finished

_POLL_SECONDS = 0.2
_SECONDS_BETWEEN_REPORTS = 30


class Runner:
    """Starts, watches and stops runs.

    Attributes:
      failures: {run's name: why it failed, in one line}.
    """

    def __init__(self, runs, module, slots, stop_request, report):
        """Starts nothing yet.

        Args:
          runs: the `PlannedRun`s to do, in order.
          module: the program that takes their flags.
          slots: environments, one for each run at the same time.
          stop_request: `StopRequest` that waits; its signal ends all runs.
          report: called with (run, its result) after every run that ended well.
        """
        self.failures = {}
        self._waiting, self._running = list(runs), []
        self._total, self._done = len(runs), 0
        self._module, self._slots = module, slots
        self._stop_request, self._report = stop_request, report
        self._progress = OverallProgress(runs)

    def run(self):
        """Runs all of them, or ends them in order after a signal or an error."""
        try:
            self._run()
        finally:
            for process in self._running:
                process.stop()
            for process in self._running:
                process.wait()

    def _run(self):
        asked, told = False, time.monotonic()
        while self._running or (self._waiting and not self._stop_request.received):
            if self._stop_request.received and not asked:
                asked = True
                self._stop()
            elif not asked:
                self._fill_slots()
            self._collect()
            if time.monotonic() - told >= _SECONDS_BETWEEN_REPORTS:
                told = time.monotonic()
                self._tell()
            time.sleep(_POLL_SECONDS)

    def _fill_slots(self):
        taken = {process.slot for process in self._running}
        for slot, environment in enumerate(self._slots):
            if slot not in taken and self._waiting:
                self._start(self._waiting.pop(0), environment, slot)

    def _start(self, run, environment, slot):
        logging.info("%s: starts or goes on.", run.name)
        try:
            self._running.append(RunProcess(run, self._module, environment, slot))
        except InputError as error:
            self._fail(run, str(error))

    def _collect(self):
        for process in [process for process in self._running if process.poll() is not None]:
            self._running.remove(process)
            if process.poll() == 0:
                self._conclude(process.run)
            elif not self._stop_request.received:
                self._fail(process.run, process.explain())

    def _conclude(self, run):
        try:
            result = mark_finished(run)
        except InputError as error:
            self._fail(run, str(error))
            return
        self._done += 1
        self._progress.finish(run.name, well=True)
        logging.info("%s: done; %d of %d.", run.name, self._done, self._total)
        self._report(run, result)

    def _fail(self, run, reason):
        self.failures[run.name] = reason
        self._progress.finish(run.name, well=False)
        logging.error("%s: failed: %s", run.name, reason)

    def _stop(self):
        logging.info("stopping: %d run(s) save and end.", len(self._running))
        for process in self._running:
            process.stop()

    def _tell(self):
        """Logs one line about all runs."""
        words = [f"{self._done} of {self._total} runs done"]
        if self.failures:
            words.append(f"{len(self.failures)} failed")
        for process in self._running:
            steps = process.read_steps()
            if steps:
                before, done, total = steps
                self._progress.note(process.run.name, before / total, done / total)
            words.append(f"{process.run.name} {_tell_place(steps)}")
        left = self._progress.tell_left()
        logging.info("%s", ", ".join([*words, *([left] if left else [])]))


def _tell_place(steps):
    """Returns what a run is at."""
    if steps is None:
        return "starts"
    _, done, total = steps
    return "evaluates" if done == total else f"step {done}/{total}"
