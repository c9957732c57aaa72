"""A command of `tfreid.reproduce`, told in order."""

import contextlib
import json
import os
import shlex

from absl import logging

from tfreid.errors import InputError
from tfreid.files import write_aside, write_text
from tfreid.reproduction.markdown import format_markdown
from tfreid.reproduction.plan import Plan
from tfreid.reproduction.plot import draw_plot
from tfreid.reproduction.pool import Pool, list_slots
from tfreid.reproduction.record import list_warnings, make_record
from tfreid.reproduction.results import mark_finished, read_result
from tfreid.reproduction.settings import claim_folder
from tfreid.training.signals import StopRequest

TRAIN, TIME = "tfreid.train", "tfreid.reproduction.forward_time"  # programs of a run


def reproduce(options):
    """Runs what is missing of a table and writes it.

    Args:
      options: `ReproduceOptions` with absolute paths.

    Returns:
      (paths of the table's files, {failed run's name: reason}).

    Raises:
      InputError: before anything is started, for whatever cannot work.
      Interrupted: after SIGINT or SIGTERM, all runs saved and ended.
    """
    with _open(options) as report, StopRequest():
        plan = report.plan
        heading = "; ".join([plan.table.title, *list_warnings(plan, options)])
        done = len(plan.runs) - len(report.list_open())
        logging.info("%s: %d run(s), %d done before.", heading, len(plan.runs), done)
        report.write()  # what cannot be written is told before anything runs
        pool = Pool(_choose_module(plan), choose_slots(plan, options.jobs))
        pool.run(report.list_open(), report.note)
        return report.write(), report.failures


def list_commands(options):
    """Returns the command line of each run that is not done yet, for other machines to run.

    Arguments and errors as in `reproduce`, which brings their results together afterwards.
    """
    with _open(options) as report:
        module = _choose_module(report.plan)
        return [shlex.join(["python", "-m", module, *run.flags]) for run in report.list_open()]


class TableReport:
    """The table in `--out`: Markdown, JSON and a PNG plot, written anew after each run.

    Attributes:
      plan: `Plan`.
      failures: {run's name: why it failed, in one line}.
    """

    def __init__(self, plan, options):
        """Finds what earlier commands have left. Arguments: `Plan`, `ReproduceOptions`."""
        self.plan, self._options = plan, options
        self._results, self._finished = {}, set()
        self.failures = {}
        for run in {run.name: run for run in (*plan.runs, *plan.list_found())}.values():
            result = read_result(run)
            if result is not None:
                self._add(run, result)

    def list_open(self):
        """Returns the planned runs that are not finished."""
        return [run for run in self.plan.runs if run.name not in self._finished]

    def note(self, run, failure):
        """Takes in a run whose process has ended: well, or with a reason why not."""
        try:
            if failure:
                raise InputError(failure)
            self._add(run, mark_finished(run))
        except InputError as error:
            self.failures[run.name] = str(error)
            logging.error("%s: failed: %s", run.name, error)
        else:
            left = len(self.list_open())
            logging.info("%s: done; %d of %d left.", run.name, left, len(self.plan.runs))
            self.write()

    def write(self):
        """Writes the three files; returns their paths, Markdown first."""
        record = make_record(self.plan, self._options, self._results, self.failures)
        base = os.path.join(self._options.out, self.plan.table.name)
        write_text(f"{base}.md", format_markdown(record))
        write_text(f"{base}.json", json.dumps(record, indent=2, allow_nan=False) + "\n")
        write_aside(f"{base}.png", lambda aside: draw_plot(record, aside))
        return [f"{base}.md", f"{base}.json", f"{base}.png"]

    def _add(self, run, result):
        self._finished.add(run.name)
        cell = self._results.setdefault((run.row.name, run.column.name), {})
        cell[run.split, run.seed] = result


def choose_slots(plan, jobs):
    """Returns the environments of the runs that go on at the same time.

    Unless `jobs` says otherwise, times are measured one after the other, and runs with
    --devices=gpus have all GPUs to themselves.
    """
    takes_all = any(run.options.run.devices == "gpus" for run in plan.runs)
    return list_slots(os.environ, jobs or int(plan.table.is_timing), takes_all)


@contextlib.contextmanager
def _open(options):
    """A context with the folder of `--out` for this command alone; gives its `TableReport`."""
    plan = Plan(options)
    with claim_folder(plan, options):
        yield TableReport(plan, options)


def _choose_module(plan):
    return TIME if plan.table.is_timing else TRAIN
