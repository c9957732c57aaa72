"""Both TensorFlow stacks: forward pass, training step, input pipeline and search, by turns.

    python tools/benchmark.py stacks --other_python=.venv-other/bin/python

`--other_python` has the packages of the other stack, as TFREID_PYTHON=3.12
TFREID_VENV=.venv-other tools/setup.sh installs them. The works are those of the other benchmarks;
each part has one process of either stack, on the same cores. A ratio above 1 says that this Python
is slower. On a machine with other work, `cpu_to_other` is the figure to look at.
"""

import dataclasses
import os
import sys

from tfreid.errors import InputError
from tfreid.options import TrainOptions, parse
from tfreid.options.fields import Checked, option
from tools.benchmarks import embedding, input_pipeline, search, training_step
from tools.benchmarks.sides import compare_sides, measure_sides, report_sides

HERE, OTHER = "here", "other"
SMALL = ("--small", "--repeats=1", f"--other_python={sys.executable}")
PARTS = {  # {name: (benchmark whose work it is, flags)}
    "forward": (embedding, ("--height=192", "--width=64", "--batch=4")),
    "training_step": (training_step, ("--height=192", "--width=64")),
    "input_pipeline": (input_pipeline, ("--steps=4", "--first_steps=2")),
    "search": (search, ("--images=10000",)),
}


@dataclasses.dataclass(frozen=True)
class StacksBenchmark(Checked):
    """With what, and how often."""

    other_python: str = option("", "Path of a Python that has the other stack.")
    parts: tuple = option(tuple(PARTS), "What is measured.", choices=tuple(PARTS), element=str)
    small: bool = option(False, "Sizes that only show that everything works.")
    threads: int = option(1, "Threads and cores of each side; 0: all cores.", minimum=0)
    repeats: int = option(9, "Turns of each side.", minimum=1)

    def check(self):
        if not os.access(self.other_python, os.X_OK):
            raise InputError(
                f"--other_python={self.other_python}: no such program; give the path of a Python "
                "with the other stack."
            )


GROUPS = (StacksBenchmark,)


def measure(benchmark):
    """Returns the versions of both stacks and, of each part, seconds and ratio."""
    pythons = {OTHER: os.path.abspath(benchmark.other_python)}
    numbers = {"threads": benchmark.threads}
    for name, side in measure_sides(_both(prepare_versions, ()), 1, 0, pythons).items():
        numbers[name] = side.missing or side.results[0]
    for part in benchmark.parts:
        preparations = _both(*_plan(part, benchmark.small))
        sides = measure_sides(preparations, benchmark.threads, benchmark.repeats, pythons)
        numbers[part] = {**report_sides(sides, 1, "turns"), **compare_sides(sides, HERE)}
    return numbers


def prepare_versions():
    """Returns the work of telling which packages a stack has."""
    from tfreid.stack import list_versions

    return list_versions


def _both(prepare, arguments):
    return {HERE: (prepare, arguments), OTHER: (prepare, arguments)}


def _plan(part, small):
    """Returns the function that prepares a part's work, and its arguments."""
    module, flags = PARTS[part]
    benchmark, *groups = parse(["", *(module.SMALL if small else flags)], module.GROUPS)
    if len(groups) > 1:
        groups = [TrainOptions(*groups).check()]
    return module.prepare_ours, (benchmark, *groups)
