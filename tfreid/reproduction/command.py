"""A command of `tfreid.reproduce`, told in order."""

import os

from absl import logging

from tfreid.reproduction.data_check import check_data
from tfreid.reproduction.folder import claim_folder
from tfreid.reproduction.gpus import list_slots
from tfreid.reproduction.plan import Plan
from tfreid.reproduction.record import list_warnings
from tfreid.reproduction.report import TableReport
from tfreid.reproduction.runner import Runner
from tfreid.training.signals import StopRequest

_TRAIN, _TIME = "tfreid.train", "tfreid.reproduction.forward_time"


def reproduce(options):
    """Runs what is missing of a table and writes it.

    Args:
      options: `ReproduceOptions` with absolute paths; the current directory holds the recipes.

    Returns:
      (paths of the table's files, {failed run's name: reason}).

    Raises:
      InputError: before anything is started, for whatever cannot work.
      Interrupted: after SIGINT or SIGTERM, all runs saved and ended.
    """
    plan = Plan(options)
    data = check_data(plan)
    with claim_folder(options.out, _list_settings(options, data)):
        report = TableReport(plan, options)
        open_runs = report.list_open()
        done = len(plan.runs) - len(open_runs)
        heading = "; ".join([plan.table.title, *list_warnings(plan, options)])
        logging.info("%s: %d run(s), %d done before.", heading, len(plan.runs), done)
        with StopRequest() as stop_request:
            stop_request.waits = True
            paths = _run(plan, options, report, open_runs, stop_request)
            stop_request.check()
    return paths, report.failures


def _run(plan, options, report, open_runs, stop_request):
    def note(run, result):
        report.add(run, result)
        report.write()

    slots = choose_slots(plan, options.jobs)
    module = _TIME if plan.table.is_timing else _TRAIN
    runner = Runner(open_runs, module, slots, stop_request, note)
    report.failures = runner.failures
    report.write()
    runner.run()
    return report.write()


def choose_slots(plan, jobs):
    """Returns the environments of the runs that go on at the same time.

    Unless `jobs` says otherwise, times are measured one after the other, and runs with
    --devices=gpus have all GPUs to themselves.
    """
    takes_all = any(run.options.run.devices == "gpus" for run in plan.runs)
    return list_slots(os.environ, jobs or int(plan.table.is_timing), takes_all)


def _list_settings(options, data):
    """Returns what all commands on one folder share; rows, seeds and splits may grow."""
    names = ("table", "scale", "dataset", "initial_weights", "train_flags")
    return {**{name: getattr(options, name) for name in names}, "data": data}
