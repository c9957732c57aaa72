"""Start-up time and peak memory of every door: of its --help, and of a small run.

    python tools/benchmark.py doors

The limits are the interpreter alone, for --help, and the import of TensorFlow, for the runs. Each
is a process of its own; its memory is what the kernel noted as the greatest (Linux), of a door that
starts others that of the greatest process. The runs use 64 x 32 synthetic images and a narrow
network: their memory is what a door costs before data.
"""

import dataclasses
import json
import os
import pathlib
import shlex
import statistics
import subprocess
import sys
import tempfile

from tfreid.options.fields import Checked, option

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
_DRAW = "from tools.benchmarks.doors import draw_images; draw_images({!r})"
_SMALL_NETWORK = (
    "--height=64 --width=32 --cutout_probability=0 --width_multiplier=0.0625 --global_dim=16 "
    "--local_dim=16 --drop_height=2 --drop_width=2 --identities_per_batch=4 --epochs=1 "
    "--warmup_epochs=0 --log_steps=1000 --evaluate_epochs=0"
)
# In this order: later doors use what earlier ones wrote. {data} and {work} are folders.
RUNS = {
    "check_data": "--dataset=market1501 --data_dir={data}",
    "train": f"--dataset=market1501 --data_dir={{data}} --workdir={{work}}/run {_SMALL_NETWORK}",
    "evaluate": "--workdir={work}/run",
    "visualize": "--workdir={work}/run --out={work}/pictures",
    "export": "--workdir={work}/run --export_dir={work}/export",
    "search": "--workdir={work}/run --index={work}/index --add={data}/bounding_box_test",
    "reproduce": "--table=sona_table_2 --rows=sona2_net --seeds=1 --scale=small --out={work}/table "
    f"--dataset=folder --data_dir={{data}} --train_flags='{_SMALL_NETWORK}'",
}
_IMPORT = "import tensorflow"


@dataclasses.dataclass(frozen=True)
class DoorsBenchmark(Checked):
    """How often to start each door, and whether to let it work."""

    repeats: int = option(5, "Starts of each --help.", minimum=1)
    runs: bool = option(True, "Measure small runs, too: minutes.")


GROUPS = (DoorsBenchmark,)
SMALL = ("--repeats=1", "--noruns")


def measure(benchmark):
    """Returns the seconds and megabytes of each door, by --help and by a small run, and ratios."""
    helps = {"interpreter": [sys.executable, "-c", "pass"]}
    helps.update((door, _make_command(door, "--help")) for door in list_doors())
    turns = {name: [] for name in helps}
    for _ in range(benchmark.repeats):
        for name, command in helps.items():
            turns[name].append(run_measured(command))
    report = {name: {"help": _summarize(runs)} for name, runs in turns.items()}
    if benchmark.runs:
        for name, run in _run_doors().items():
            report.setdefault(name, {})["run"] = run
    slowest = max(report[name]["help"]["seconds"] for name in list_doors())
    ratios = {"slowest_help_to_interpreter": slowest / report["interpreter"]["help"]["seconds"]}
    if benchmark.runs:
        ratios["greatest_memory_to_tensorflow"] = _compare_memory(report)
    ratios = {name: round(ratio, 2) for name, ratio in ratios.items()}
    return {"doors": report, "slowest_help_seconds": slowest, **ratios}


def _compare_memory(report):
    """Returns the greatest memory of a door's run, divided by that of importing TensorFlow."""
    limit = report[_IMPORT]["run"]["peak_memory_mb"]
    runs = [report[door]["run"] for door in list_doors() if door in RUNS]
    return max(run["peak_memory_mb"] for run in runs) / limit


def list_doors():
    """Returns the names of all doors: the modules of `tfreid` itself that run one."""
    files = sorted((ROOT / "tfreid").glob("*.py"))
    return [file.stem for file in files if "__main__" in file.read_text(encoding="utf-8")]


def run_measured(command):
    """Runs a command; returns its seconds, greatest memory in MB, exit code and last line."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": ""}
    launcher = [sys.executable, "-S", "-c", _LAUNCHER, *command]
    done = subprocess.run(
        launcher, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, cwd=ROOT
    )
    output = done.stdout.decode(errors="replace").splitlines()
    *lines, figures = [line for line in output if line.strip()]
    return {**json.loads(figures), "last_line": lines[-1] if lines else ""}


# Linux counts a process's memory from before it became another program, so whoever starts the
# program must be small: this, not the benchmark. Without Linux's KiB, memory would be wrong.
_LAUNCHER = """
import json, resource, subprocess, sys, time
start = time.perf_counter()
code = subprocess.call(sys.argv[1:], stderr=subprocess.STDOUT)
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print()
print(json.dumps({"seconds": seconds, "peak_memory_mb": peak, "exit_code": code}))
"""


def draw_images(folder):
    """Draws the small synthetic data set that the doors run on."""
    from tfreid.pedestrians.settings import SyntheticSettings
    from tfreid.pedestrians.writer import write_synthetic

    few = {"train_ids": 8, "test_ids": 6, "cameras": 3, "least_cameras": 2}
    write_synthetic(folder, SyntheticSettings(distractors=4, junk=4, height=64, width=32, **few))


def _run_doors():
    """Returns {name: seconds and megabytes of a small run, or why there is none}."""
    report = {_IMPORT: _round(run_measured([sys.executable, "-c", _IMPORT]))}
    with tempfile.TemporaryDirectory() as work:
        data = os.path.join(work, "data")
        drawn = run_measured([sys.executable, "-c", _DRAW.format(data)])
        if drawn["exit_code"]:
            raise RuntimeError(f"the synthetic images were not drawn: {drawn['last_line']}")
        for door in list_doors():
            if door not in RUNS:
                report[door] = "not run: it has no small run here"
        for door, flags in RUNS.items():
            if door in list_doors():
                flags = shlex.split(flags.format(data=data, work=work))
                report[door] = _round(run_measured(_make_command(door, *flags)))
    return report


def _make_command(door, *flags):
    return [sys.executable, "-m", f"tfreid.{door}", *flags]


def _summarize(runs):
    """Returns the medians of several starts."""
    return _round(
        {
            "seconds": statistics.median(run["seconds"] for run in runs),
            "peak_memory_mb": max(run["peak_memory_mb"] for run in runs),
            "exit_code": max(run["exit_code"] for run in runs),
            "last_line": runs[-1]["last_line"],
        }
    )


def _round(run):
    """Returns a run as reported; a failed one with its last line."""
    report = {
        "seconds": round(run["seconds"], 2),
        "peak_memory_mb": round(run["peak_memory_mb"], 1),
    }
    if run["exit_code"]:
        report["failed"] = run["last_line"]
    return report
