"""Brings the results of all runs together and writes the table, whole each time."""

import json
import os

from tfreid.files import write_aside, write_text
from tfreid.reproduction.markdown import format_markdown
from tfreid.reproduction.plot import draw_plot
from tfreid.reproduction.record import make_record
from tfreid.reproduction.results import read_result


class TableReport:
    """The table in `--out`: Markdown, JSON and a PNG plot.

    Attributes:
      failures: {run's name: reason}; told in the table, filled by the caller.
    """

    def __init__(self, plan, options):
        """Finds what earlier commands have left. Arguments: `Plan`, `ReproduceOptions`."""
        self._plan, self._options = plan, options
        self._results, self._finished = {}, set()
        self.failures = {}
        wanted = {run.name: run for run in (*plan.runs, *plan.list_found())}
        for run in wanted.values():
            result = read_result(run)
            if result is not None:
                self.add(run, result)

    def add(self, run, result):
        """Notes the result of a finished run."""
        self._finished.add(run.name)
        cell = self._results.setdefault((run.row.name, run.column.name), {})
        cell[run.split, run.seed] = result

    def list_open(self):
        """Returns the planned runs that are not finished."""
        return [run for run in self._plan.runs if run.name not in self._finished]

    def write(self):
        """Writes the three files; returns their paths, Markdown first."""
        record = make_record(self._plan, self._options, self._results, self.failures)
        paths = [
            os.path.join(self._options.out, f"{self._plan.table.name}.{ending}")
            for ending in ("md", "json", "png")
        ]
        write_text(paths[0], format_markdown(record))
        write_text(paths[1], json.dumps(record, indent=2, allow_nan=False) + "\n")
        write_aside(paths[2], lambda aside: draw_plot(record, aside))
        return paths
