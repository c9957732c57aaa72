"""What the checks cost of a training and of an evaluation: shares of the processor's time.

    python tools/benchmark.py checks --train='--recipe=own_photos --dataset=synthetic --epochs=3'

Trains and evaluates in this process, with a stopwatch around each check. What the processor does
beside a check, such as reading ahead, counts for it: the shares are rather too high.
"""

import contextlib
import dataclasses
import importlib
import shlex
import shutil
import tempfile
import time
from unittest import mock

from tfreid.options import TrainOptions
from tfreid.options.evaluate import CheckpointOptions
from tfreid.options.fields import Checked, option

SMALL = ("--train=--dataset=synthetic --model=osnet --epochs=1 --evaluate_epochs=0",)
_TRAINING, _EVALUATION = "training", "evaluation"
# Each check: what it does, and the function that does it, where that is called.
_CHECKS = {
    "headers of all images": "tfreid.data.readers:check_headers",
    "flags.cfg is whole": "tfreid.runs.workdir:Workdir._check_sum",
    "sums of a checkpoint, written": "tfreid.runs.checkpoints:write_sums",
    "sums of a checkpoint, compared": "tfreid.runs.checkpoints:check_sums",
    "loss and weights are finite": "tfreid.training.run:check_weights",
    "training images, to be known again": "tfreid.training.run:write_learned",
    "queries that are in the gallery again": "tfreid.data.copies:CopyWatch.warn",
    "pictures as bits": "tfreid.data.copies:CopyWatch.hash",
    "images hashed, to know whether their embeddings are kept": "tfreid.evaluation.kept:_look",
    "people learned from": "tfreid.runs.evaluation:_count_learned",
}


@dataclasses.dataclass(frozen=True)
class ChecksBenchmark(Checked):
    """What is trained and evaluated."""

    train: str = option(
        "--dataset=synthetic --model=osnet --epochs=20 --evaluate_epochs=0",
        "Flags of the training, as its command line has them.",
    )


GROUPS = (ChecksBenchmark,)


def measure(options):
    """Returns the processor's seconds of both, and each check's share of them in percent."""
    from tfreid.runs.evaluation import evaluate_checkpoint  # load TensorFlow: not for a wrong flag
    from tfreid.training.inheritance import inherit_network
    from tfreid.training.run import train

    with tempfile.TemporaryDirectory() as folder:
        flags = inherit_network(["", *shlex.split(options.train), f"--workdir={folder}/w"])
        works = {
            _TRAINING: lambda: train(TrainOptions.parse(flags).with_absolute_paths()),
            _EVALUATION: lambda: evaluate_checkpoint(CheckpointOptions(workdir=f"{folder}/w")),
        }
        numbers = {}
        for name, work in works.items():
            shutil.rmtree(f"{folder}/w/embeddings", ignore_errors=True)  # those of the training
            numbers[name] = _measure(work)
        return numbers


def _measure(work):
    seconds = dict.fromkeys(_CHECKS, 0.0)
    with contextlib.ExitStack() as stack:
        for name, place in _CHECKS.items():
            stack.enter_context(_time(place, name, seconds))
        start = time.process_time()
        work()
        total = time.process_time() - start
    shares = {name: round(100 * spent / total, 2) for name, spent in seconds.items() if spent}
    return {"processor_seconds": round(total, 1), "percent": shares}


def _time(place, name, seconds):
    """Puts a stopwatch around a function, named as module:function or module:Class.function."""
    module, _, path = place.partition(":")
    owner = importlib.import_module(module)
    *classes, attribute = path.split(".")
    for each in classes:
        owner = getattr(owner, each)
    function = getattr(owner, attribute)

    def timed(*args, **kwargs):
        start = time.process_time()
        try:
            return function(*args, **kwargs)
        finally:
            seconds[name] += time.process_time() - start

    return mock.patch.object(owner, attribute, timed)
