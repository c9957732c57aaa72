"""python tools/gpu_check.py [--json=FILE] [--export=FOLDER | --modules=FOLDER]

Measures what a GPU makes of both papers' full-size networks: forward pass and training step in
float32 and bfloat16, as TensorFlow's graph and compiled by XLA, beside the same networks in PyTorch
where it is installed; SONA's overhead and KVM-MN's time for a pair beside the papers'; and
MirroredStrategy over all GPUs. Prints tables; docs/benchmarks.md says what is in them.

Without a GPU everything runs once at small size, to show that it works, and the tables say "not
run". Where the GPU's machine has JAX but no TensorFlow, --export=FOLDER writes what TensorFlow
gives XLA on a machine that has it, and --modules=FOLDER measures that there.
"""

import dataclasses
import os
import pathlib
import sys

if not __package__:  # run as a file: Python looks beside it, not where the packages are
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from tfreid.command_line import run_command  # noqa: E402
from tfreid.errors import InputError  # noqa: E402
from tfreid.options import parse  # noqa: E402
from tfreid.options.fields import Checked, option  # noqa: E402
from tools.benchmarks.report import ReportOptions, describe_machine  # noqa: E402
from tools.benchmarks.torch_sides import MODES  # noqa: E402
from tools.gpu import sides  # noqa: E402
from tools.gpu.cases import NAMES, REPLICAS, list_cases  # noqa: E402
from tools.gpu.report import make_report  # noqa: E402


@dataclasses.dataclass(frozen=True)
class GpuCheckOptions(Checked):
    """What to measure, and by what."""

    export: str = option("", "Folder to write HLO modules to, instead of measuring.")
    modules: str = option("", "Folder of such modules, to measure them by JAX.")
    turns: int = option(5, "Turns of each side; the median counts.", minimum=1)
    steps: int = option(10, "How many times a turn does its work.", minimum=1)
    only: tuple = option((), "Some of the cases.", choices=NAMES, element=str)
    modes: tuple = option(("channels_last",), "PyTorch's sides.", choices=MODES[1:], element=str)
    small: bool = option(False, "Sizes that only show that everything works.")

    def check(self):
        if self.export and self.modules:
            raise InputError(f"export={self.export} modules={self.modules}: give one of them.")
        if self.modules and not os.path.isdir(self.modules):
            raise InputError(f"modules={self.modules}: no such folder; --export=FOLDER makes one.")


GROUPS = (ReportOptions, GpuCheckOptions)


def main(argv):
    """Measures, or exports; returns the exit code."""
    report, options = parse(argv, GROUPS)
    if options.export:
        export(options)
        return 0
    # Several processes share the GPU: none may take all of its memory.
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    gpus = sides.find_gpus(by_jax=bool(options.modules))
    small = options.small or not gpus
    numbers = {"gpus": gpus, "small": small, **describe_machine(), "cases": {}}
    for name, result in measure(options, gpus, small):
        numbers["cases"][name] = result
        report.save(numbers)  # what is measured before an end in the middle is kept
    print(make_report(numbers))
    return int(_has_failed(numbers))


def export(options):
    """Writes a module of every case into a folder."""
    from tools.gpu.functions import make_function
    from tools.gpu.modules import export_module

    os.makedirs(options.export, exist_ok=True)
    for case in _list_cases(options, options.small):
        print(f"exporting {case.name}", file=sys.stderr)
        export_module(*make_function(case), options.export, case.name)


def measure(options, gpus, small):
    """Yields (case's name, {side: milliseconds, or why there are none})."""
    turns = options.turns if gpus else 0
    for case in _list_cases(options, small):
        print(f"measuring {case.name}", file=sys.stderr)
        works = sides.list_sides(case, options.steps if gpus else 1, options.modes, options.modules)
        yield case.name, sides.measure(works, turns, options.steps)
    if gpus and not options.modules and REPLICAS in (options.only or NAMES):
        works = sides.list_replicas(len(gpus), options.steps)
        yield REPLICAS, sides.measure(works, turns, options.steps)


def _has_failed(numbers):
    results = [result for sides in numbers["cases"].values() for result in sides.values()]
    return any("failed: " in result for result in results if isinstance(result, str))


def _list_cases(options, small):
    return [case for case in list_cases(small) if case.name in (options.only or NAMES)]


if __name__ == "__main__":
    run_command(main, GROUPS, __doc__)
