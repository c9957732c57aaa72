"""python tools/benchmark.py NAME [--json=FILE] [--flag=value ...]

Measures speed or memory and prints one JSON object. NAME is one of the benchmarks below, or `all`:
each of them in turn with its default sizes (or, with --small, with sizes that only show that it
works). docs/benchmarks.md says what came out.

Each is a module of `tools/benchmarks` with `GROUPS`, its options classes, `SMALL`, flags that make
it short, and `measure`, a function from instances of the groups to a dict; `BENCHMARKS` lists it.
"""

import dataclasses
import json
import os
import pathlib
import subprocess
import sys

if not __package__:  # run as a file: Python looks beside it, not where the packages are
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from tfreid.command_line import run_command  # noqa: E402
from tfreid.errors import InputError  # noqa: E402
from tfreid.options import parse  # noqa: E402
from tfreid.options.fields import Checked, option  # noqa: E402
from tools.benchmarks import (  # noqa: E402
    checks,
    crops,
    embedding,
    feeding,
    first_answer,
    input_pipeline,
    page,
    pair_scoring,
    promises,
    quantized,
    ranking,
    retrieval,
    search,
    serving,
    stacks,
    time_to_accuracy,
    tracking,
    training_step,
)
from tools.benchmarks.report import ReportOptions, describe_machine  # noqa: E402

BENCHMARKS = {
    "quantized": quantized,
    "ranking": ranking,
    "pair_scoring": pair_scoring,
    "input_pipeline": input_pipeline,
    "embedding": embedding,
    "feeding": feeding,
    "training_step": training_step,
    "serving": serving,
    "search": search,
    "first_answer": first_answer,
    "page": page,
    "retrieval": retrieval,
    "promises": promises,
    "stacks": stacks,
    "crops": crops,
    "checks": checks,
    "tracking": tracking,
    "time_to_accuracy": time_to_accuracy,
}
ALL = "all"
# Another one contains the first; the others need an extra, a trained run, a second Python, a
# tracker, or hours.
_APART = (
    "search",
    "page",
    "retrieval",
    "promises",
    "stacks",
    "tracking",
    "quantized",
    "time_to_accuracy",
)


@dataclasses.dataclass(frozen=True)
class AllOptions(Checked):
    """What all benchmarks share."""

    small: bool = option(False, "Sizes that only show that everything works.")
    only: tuple = option((), "Some of the benchmarks.", choices=tuple(BENCHMARKS), element=str)


def main(argv):
    """Runs the benchmark that `argv[1]` names and prints what it measured; returns exit code."""
    name = _find(argv)
    flags = argv[:1] + argv[2:]
    if name == ALL:
        report, shared = parse(flags, (ReportOptions, AllOptions))
        numbers = _measure_all(shared, report)
    else:
        benchmark = BENCHMARKS[name]
        report, *groups = parse(flags, (ReportOptions, *benchmark.GROUPS))
        machine = describe_machine()  # its load before we load it
        numbers = {"benchmark": name, **benchmark.measure(*groups), **machine}
    print(report.save(numbers))
    return int(_has_failed(numbers))


def _find(argv):
    allowed = (*BENCHMARKS, ALL)
    if len(argv) < 2 or argv[1] not in allowed:
        given = argv[1] if len(argv) > 1 else ""
        raise InputError(f"benchmark {given!r}: allowed values are {', '.join(allowed)}.")
    return argv[1]


def _has_failed(numbers):
    """Returns whether something in a report, however deep, says that it failed."""
    return "failed" in numbers or any(
        _has_failed(part) for part in numbers.values() if isinstance(part, dict)
    )


def _measure_all(options, report):
    """Returns {name: numbers} of the benchmarks, each run in a process of its own.

    What is measured is saved at once: whoever stops in the middle keeps it.
    """
    numbers = {}
    for name in options.only or [name for name in BENCHMARKS if name not in _APART]:
        flags = getattr(BENCHMARKS[name], "SMALL", ()) if options.small else ()
        command = [sys.executable, os.path.abspath(__file__), name, *flags]
        print(" ".join(["measuring", name, *flags]), file=sys.stderr)
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        try:
            numbers[name] = json.loads(done.stdout)
        except ValueError:
            numbers[name] = {"failed": f"exit code {done.returncode}; it said why above"}
        numbers[name]["command"] = " ".join(["python tools/benchmark.py", name, *flags])
        report.save(numbers)
    return numbers


def _choose_groups():
    """Returns the options of the benchmark that the command line names, for its --help."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name in BENCHMARKS:
        return [ReportOptions, *BENCHMARKS[name].GROUPS]
    return [ReportOptions, AllOptions]


if __name__ == "__main__":
    run_command(main, _choose_groups(), f"{__doc__}\nBenchmarks: {', '.join(BENCHMARKS)}.")
