"""A command of `tfreid.reproduce`, told in order, and what its finished runs have left."""

import contextlib
import json
import math
import os
import shlex

from absl import logging

from tfreid.errors import InputError
from tfreid.files import write_aside, write_text
from tfreid.json_lines import read_lines
from tfreid.reproduction.markdown import format_markdown
from tfreid.reproduction.plan import Plan
from tfreid.reproduction.plot import draw_plot
from tfreid.reproduction.pool import Pool, list_slots
from tfreid.reproduction.published import FORWARD_MS, FORWARD_TIME, METRICS
from tfreid.reproduction.record import list_warnings, make_record
from tfreid.reproduction.settings import claim_folder
from tfreid.runs import evaluation
from tfreid.runs.workdir import Workdir, list_shaping
from tfreid.training.signals import StopRequest

TRAIN, TIME = "tfreid.train", "tfreid.reproduction.forward_time"  # programs of a run
_MARK = "finished.json"  # in the folder of a run


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
        # By name: a run that was asked for and found is one.
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


def mark_finished(run):
    """Notes that a run's process has ended well; without the note it would be started again.

    Raises:
      InputError: where its result is missing or damaged.
    """
    result = _read_last(run)
    if result is None:
        raise InputError(
            f"{Workdir(run.workdir).metrics}: no usable result; delete this file and give the same "
            "command again, the run is then evaluated anew."
        )
    write_text(os.path.join(run.workdir, _MARK), json.dumps({"step": result["step"]}) + "\n")
    return result


def read_result(run):
    """Returns the last evaluation of a finished run, a line of its metrics.jsonl.

    None for a run that is not finished, was made with other flags, or whose files are damaged: its
    process looks at these more closely, and heals what it can.
    """
    if not os.path.isfile(os.path.join(run.workdir, _MARK)) or not _has_flags(run):
        return None
    return _read_last(run)


def _has_flags(run):
    try:
        return list_shaping(Workdir(run.workdir).read_options()) == list_shaping(run.options)
    except (InputError, OSError, UnicodeDecodeError):
        return False


def _read_last(run):
    """Returns the latest line of a run's own measuring, the data set's own protocol; or None."""
    lines = [
        line
        for line in read_lines(Workdir(run.workdir).metrics)
        if line.get("source") in (evaluation.TRAIN, FORWARD_TIME)
        and isinstance(line.get("step"), int)
    ]
    # Of each step the data set's own protocol stands first.
    latest = [line for line in lines if line["step"] == lines[-1]["step"]]
    return latest[0] if latest and _is_usable(latest[0]) else None


def _is_usable(line):
    """Returns whether a line has numbers where numbers belong."""
    numbers = [line[name] for name in (*METRICS, FORWARD_MS) if name in line]
    return bool(numbers) and all(
        isinstance(number, (int, float)) and 0 <= number < math.inf for number in numbers
    )
