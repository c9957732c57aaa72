"""python tools/benchmark.py NAME [--flag=value ...]

Measures speed or memory and prints one JSON object. NAME is one of the benchmarks below; each is a
module of `tools/benchmarks` with `GROUPS`, its options classes, and `measure`, a function from
their instances to a dict of numbers, and is listed in `BENCHMARKS`.
"""

import json
import os
import pathlib
import platform
import sys

if not __package__:  # run as a file: Python looks beside it, not where the packages are
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from tfreid.doors import run_door  # noqa: E402
from tfreid.errors import InputError  # noqa: E402
from tfreid.options import parse  # noqa: E402
from tools.benchmarks import pair_scoring, pipeline, ranking, training_step  # noqa: E402

BENCHMARKS = {
    "ranking": ranking,
    "pipeline": pipeline,
    "training_step": training_step,
    "pair_scoring": pair_scoring,
}


def main(argv):
    """Runs the benchmark that `argv[1]` names and prints what it measured."""
    name, benchmark = _find(argv)
    numbers = benchmark.measure(*parse(argv[:1] + argv[2:], benchmark.GROUPS))
    print(json.dumps({"benchmark": name, **numbers, **_describe_machine()}, indent=2))


def _find(argv):
    if len(argv) < 2 or argv[1] not in BENCHMARKS:
        given = argv[1] if len(argv) > 1 else ""
        raise InputError(f"benchmark {given!r}: allowed values are {', '.join(BENCHMARKS)}.")
    return argv[1], BENCHMARKS[argv[1]]


def _describe_machine():
    return {
        "cores": len(os.sched_getaffinity(0)),
        "machine": platform.machine(),
        "python": platform.python_version(),
    }


def _choose_groups():
    """Returns the options of the benchmark that the command line names, for its --help."""
    chosen = [benchmark for name, benchmark in BENCHMARKS.items() if name in sys.argv[1:2]]
    return [group for benchmark in chosen for group in benchmark.GROUPS]


if __name__ == "__main__":
    run_door(main, _choose_groups(), f"{__doc__}\nBenchmarks: {', '.join(BENCHMARKS)}.")
