"""What minutes of one core buy: mAP on Market-1501, trained by this library and by torchreid.

    python tools/benchmark.py time_to_accuracy --data_dir=D --out=O --torchreid_python=P

Each side is a training command of its own, on one core, one thread. Two sides run beside each
other, each on its own core. Minutes are processor time of the whole process, from its start until
its weights are saved, reading the images included and the test not. What runs beside a side
lengthens them, most where both keep a shared matrix unit busy. Pilots of one epoch and, if two fit,
of three tell how many epochs fit. All sides are tested on the whole test set without flip
averaging. What is found in `--out` is not measured again.
"""

import concurrent.futures
import dataclasses
import json
import math
import os
import queue
import shutil
import subprocess
import sys

from tfreid.errors import InputError
from tfreid.files import write_text
from tfreid.json_lines import read_lines
from tfreid.options.fields import Checked, option

SMALL = ("--minutes=1",)
RANDOM, IMAGENET = "random", "imagenet"
TRAIN_FOLDER = "bounding_box_train"
_PILOTS = (1, 3)  # epochs
_LEARN_LITE = {"model": "efficientnet_lite0", "height": 192, "width": 96, "learning_rate": 3e-4}


@dataclasses.dataclass(frozen=True)
class Trainer:
    """A side: who trains what.

    Attributes:
      start: `RANDOM` or `IMAGENET`, the weights that it begins with.
      recipe: of ours, else empty.
      half_size: share of the epochs whose images have half the size.
      identities: share of the epochs that learn identities before triplets.
      decays: shares of the training after which the learning rate falls; none: a cosine.
      flags: others than the recipe's.
      arguments: of torchreid's `main` (tools/benchmarks/torchreid_training.py).
    """

    start: str
    recipe: str = ""
    half_size: float = 0.0
    identities: float = 0.0
    decays: tuple = ()
    flags: tuple = ()
    arguments: dict = dataclasses.field(default_factory=dict)


_SONA_QUICK = Trainer(
    RANDOM, "sona_quick_market1501", half_size=0.52, identities=0.79, decays=(0.69, 0.9, 0.96)
)
TRAINERS = {
    "baseline_small": Trainer(RANDOM, "baseline_small_market1501", half_size=0.45),
    "osnet_x0_25": Trainer(RANDOM, "osnet_small_market1501", half_size=0.65, identities=0.87),
    "sona_small": Trainer(RANDOM, "sona_small_market1501", decays=(0.7, 0.9)),
    "sona_quick": _SONA_QUICK,
    "sona_hour": Trainer(
        RANDOM,
        "sona_hour_market1501",
        half_size=0.52,
        identities=0.63,
        decays=(0.58, 0.85, 0.95),
    ),
    "sona_quick_bfloat16": dataclasses.replace(_SONA_QUICK, flags=("--precision=mixed_bfloat16",)),
    "torchreid_osnet_x0_25": Trainer(
        RANDOM,
        arguments={"model": "osnet_x0_25", "height": 128, "width": 64, "learning_rate": 3e-3},
    ),
    "torchreid_resnet50": Trainer(
        RANDOM, arguments={"model": "resnet50", "height": 128, "width": 64, "learning_rate": 3e-4}
    ),
    "lite0": Trainer(IMAGENET, "baseline_lite_market1501"),
    "torchreid_lite0": Trainer(IMAGENET, arguments=_LEARN_LITE),
}


@dataclasses.dataclass(frozen=True)
class TimeToAccuracyBenchmark(Checked):
    """How long, from which start, and who."""

    data_dir: str = option("", "Folder of Market-1501.")
    out: str = option("", "Folder for the trainings and their figures; kept.")
    minutes: tuple = option((20,), "Processor minutes of a training.", minimum=1, element=int)
    start: str = option(RANDOM, "Initial weights.", choices=(RANDOM, IMAGENET))
    sides: tuple = option(
        (), "Some of them, in turn two at a time; none: all.", choices=tuple(TRAINERS), element=str
    )
    torchreid_python: str = option(sys.executable, "Path of a Python that has torchreid.")
    seed: int = option(0, "Seed of every training.", minimum=0)

    def refuse(self):
        """Raises `InputError` for folders and programs with which nothing can be measured."""
        if not os.path.isdir(os.path.join(self.data_dir, TRAIN_FOLDER)):
            raise InputError(
                f"--data_dir={self.data_dir}: no folder {TRAIN_FOLDER}; give that of Market-1501."
            )
        if not self.out:
            raise InputError("--out= is empty; give a folder for the trainings, which take hours.")
        if not os.access(self.torchreid_python, os.X_OK):
            raise InputError(
                f"--torchreid_python={self.torchreid_python}: no such program; give the path of a "
                "Python with torchreid."
            )


GROUPS = (TimeToAccuracyBenchmark,)


def measure(benchmark):
    """Returns {minutes: {side: epochs, processor minutes, mAP, rank-1}}."""
    benchmark.refuse()
    sides = benchmark.sides or [n for n, t in TRAINERS.items() if t.start == benchmark.start]
    _lay_out(benchmark)
    cores = queue.SimpleQueue()
    for core in sorted(os.sched_getaffinity(0))[-2:]:
        cores.put(core)

    def train(minutes, side):
        core = cores.get()
        try:
            return _train_for(benchmark, side, minutes, core)
        finally:
            cores.put(core)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        futures = {
            minutes: {side: pool.submit(train, minutes, side) for side in sides}
            for minutes in benchmark.minutes
        }
    numbers = {
        str(minutes): {side: future.result() for side, future in row.items()}
        for minutes, row in futures.items()
    }
    return {"start": benchmark.start, "seed": benchmark.seed, "minutes": numbers}


def _lay_out(benchmark):
    """Makes two views of the data: what ours learns from, without a test set; torchreid's root."""
    data = os.path.abspath(benchmark.data_dir)
    links = {
        os.path.join(_train_view(benchmark), TRAIN_FOLDER): os.path.join(data, TRAIN_FOLDER),
        os.path.join(_torchreid_root(benchmark), "market1501", "Market-1501-v15.09.15"): data,
    }
    for link, target in links.items():
        os.makedirs(os.path.dirname(link), exist_ok=True)
        if not os.path.lexists(link):
            os.symlink(target, link)


def _train_view(benchmark):
    return os.path.join(os.path.abspath(benchmark.out), "train_only")


def _torchreid_root(benchmark):
    return os.path.join(os.path.abspath(benchmark.out), "root")


def _train_for(benchmark, side, minutes, core):
    """Returns the figures of a side's training that takes so many minutes."""
    start, epoch = _estimate(benchmark, side, minutes, core)
    epochs = max(1, math.floor((60 * minutes - start) / epoch))
    figures = _train(benchmark, f"{side}-run", TRAINERS[side], epochs, core, tested=True)
    return {"epochs": epochs, "minutes": round(figures.pop("seconds") / 60, 2), **figures}


def _estimate(benchmark, side, minutes, core):
    """Returns the processor seconds of a start and of an epoch, from up to three pilots.

    An epoch of small images takes less than half of a whole one, and a pilot is too short for the
    shares of both: each is measured by itself. A change of what is learned costs as much as small
    epochs, so pilots have none. Where two epochs do not fit, one pilot says so.
    """
    trainer = TRAINERS[side]

    def pilot(epochs, half_size=0.0):
        share = dataclasses.replace(trainer, half_size=half_size, identities=0.0)
        kind = "small-pilot" if half_size else "pilot"
        return _train(benchmark, f"{side}-{kind}", share, epochs, core)["seconds"]

    first = pilot(_PILOTS[0])
    if 2 * first > 60 * minutes:
        return 0.0, first  # its start included: one epoch fits, however long exactly
    last = pilot(_PILOTS[1])
    whole = (last - first) / (_PILOTS[1] - _PILOTS[0])
    start = first - _PILOTS[0] * whole
    if not trainer.half_size:
        return start, whole
    small = (pilot(_PILOTS[1], half_size=1.0) - start) / _PILOTS[1]
    return start, trainer.half_size * small + (1 - trainer.half_size) * whole


def _train(benchmark, name, trainer, epochs, core, tested=False):
    """Returns {"seconds", and of one that is tested "mAP" and "rank1"}, measured or found."""
    folder = os.path.join(os.path.abspath(benchmark.out), f"{name}-{epochs}-{benchmark.seed}")
    path = folder + ".json"
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    run = _train_ours if trainer.recipe else _train_torchreid
    shutil.rmtree(folder, ignore_errors=True)  # continued, it would cost less than it did
    figures = run(benchmark, trainer, epochs, folder, core, tested)
    write_text(path, json.dumps(figures) + "\n")
    return figures


def _train_ours(benchmark, trainer, epochs, folder, core, tested):
    tfreid = [sys.executable, "-m", "tfreid"]
    flags = [
        f"--recipe={trainer.recipe}",
        *trainer.flags,
        f"--epochs={epochs}",
        *_write_decays(trainer, epochs),
        f"--warmup_epochs={math.ceil(epochs / 20)}",
        f"--half_size_epochs={round(trainer.half_size * epochs)}",
        f"--identity_epochs={round(trainer.identities * epochs)}",
        "--flip_averaging=false",
        f"--seed={benchmark.seed}",
        "--dataset=folder",  # of training images alone: the test is not part of the minutes
        f"--data_dir={_train_view(benchmark)}",
        f"--workdir={folder}",
    ]
    seconds = _run([*tfreid, "train", *flags], core, folder + ".log")
    if not tested:
        return {"seconds": seconds}
    test = ["--dataset=market1501", f"--data_dir={benchmark.data_dir}", f"--workdir={folder}"]
    _run([*tfreid, "evaluate", *test], core, folder + ".test.log")
    line = read_lines(os.path.join(folder, "metrics.jsonl"))[-1]
    return {"seconds": seconds, "mAP": line["mAP"], "rank1": line["rank1"]}


def _write_decays(trainer, epochs):
    if not trainer.decays:
        return []
    rising = sorted({max(1, round(share * epochs)) for share in trainer.decays})
    return ["--decay_epochs=" + ",".join(map(str, rising))]


def _train_torchreid(benchmark, trainer, epochs, folder, core, tested):
    arguments = {
        **trainer.arguments,
        "root": _torchreid_root(benchmark),
        "folder": folder,
        "epochs": epochs,
        "batch": 64,
        "seed": benchmark.seed,
        "test": tested,
    }
    module = [benchmark.torchreid_python, "-m", "tools.benchmarks.torchreid_training"]
    _run([*module, json.dumps(arguments)], core, folder + ".log")
    with open(folder + ".log", encoding="utf-8") as file:
        return json.loads(file.read().splitlines()[-1])


def _run(command, core, log):
    """Runs a command on one core; returns its processor seconds.

    Raises:
      RuntimeError: where it fails; its words are in the log.
    """
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1"}
    with open(log, "w", encoding="utf-8") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file, env=environment)
        os.sched_setaffinity(process.pid, {core})
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"exit code {process.returncode}; see {log}")
    return round(usage.ru_utime + usage.ru_stime, 1)
