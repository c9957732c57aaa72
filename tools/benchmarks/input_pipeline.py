"""The input pipeline: training images per second from files to augmented batches.

    python tools/benchmark.py input_pipeline [--data_dir=D --flagfile=configs/sona2_market1501.cfg]

Takes the flags of `tfreid.train`, so that a recipe can be measured as it is; by default it reads
synthetic images, drawn at Market-1501's size. PyTorch's side is a DataLoader with one process for
each core that does the same work on the same files by Pillow. The number to compare with is
`images_per_second` of the benchmark training_step: a pipeline below it slows training down.

A turn of either side starts with a new iterator, as an epoch does, and the clock runs from the
first batch on, when all threads or processes are at work. The processor's seconds are of the whole
turn, its first steps included.
"""

import dataclasses
import os
import time

from tfreid.options import TrainOptions
from tfreid.options.data import DataOptions
from tfreid.options.fields import Checked, option
from tfreid.systems import SYSTEMS
from tools.benchmarks.measuring import run_alone
from tools.benchmarks.sides import compare_sides, measure_sides, report_sides

OURS = "tfreid"
SMALL = ("--steps=2", "--first_steps=1", "--repeats=1")


@dataclasses.dataclass(frozen=True)
class InputPipelineBenchmark(Checked):
    """How long to measure."""

    steps: int = option(20, "Training steps of a turn.", minimum=1)
    first_steps: int = option(8, "Steps of a turn before the clock starts.", minimum=1)
    repeats: int = option(5, "Turns of each side.", minimum=1)
    threads: int = option(0, "Cores, threads or processes, of each side; 0: all.", minimum=0)


@dataclasses.dataclass(frozen=True)
class SyntheticDataOptions(DataOptions, dataset="synthetic"):
    """Which images, and how they are brought to one size; drawn ones by default."""


GROUPS = (
    InputPipelineBenchmark,
    *SYSTEMS["sona_net"].options._replace(data=SyntheticDataOptions),
)


def measure(benchmark, *groups):
    """Returns the images per second of `make_train_dataset` and of the DataLoader."""
    options = TrainOptions(*groups).check()
    # PyTorch's side is told what to read: its process, which its own ones copy, has no TensorFlow.
    plan = run_alone(_plan_batches, benchmark, options)
    preparations = {
        OURS: (prepare_ours, (benchmark, options)),
        "pytorch_dataloader": (prepare_torch, (benchmark, options, *plan)),
    }
    sides = measure_sides(preparations, benchmark.threads, benchmark.repeats)
    batch = _count_images(options)
    for side in sides.values():
        side.seconds = side.results[1:]  # the sides' own clocks, without the first turn
    return {
        "dataset": options.data.dataset,
        "height": options.data.height,
        "width": options.data.width,
        "cache_images": options.data.cache_images,
        "batch": batch,
        "steps": benchmark.steps,
        "threads": benchmark.threads or len(os.sched_getaffinity(0)),
        "sides": report_sides(sides, benchmark.steps * batch),
        **compare_sides(sides, OURS, reverse=True),
    }


def prepare_ours(benchmark, options):
    """Returns the work of our side: its turn's seconds, without starting."""
    from tfreid.data.pipeline import make_train_dataset

    split, sampler = _choose_images(options)
    learning = options.learning
    num_steps = benchmark.first_steps + benchmark.steps
    dataset = make_train_dataset(
        split, sampler, options.data, options.augment, learning.seed, 0, num_steps
    )
    return lambda: _time_batches(benchmark, dataset)


def prepare_torch(benchmark, options, paths, batches):
    """Returns the work of PyTorch's side: its turn's seconds, without starting."""
    import torch  # an optional extra

    from tools.benchmarks.torch_loader import make_loader

    torch.set_num_threads(1)  # its processes use the cores
    num_workers = len(os.sched_getaffinity(0))
    loader = make_loader(paths, batches, options.data, options.augment, num_workers)
    return lambda: _time_batches(benchmark, loader)


def _plan_batches(benchmark, options):
    """Returns the paths of all images, and the rows of each step's batch."""
    split, sampler = _choose_images(options)
    num_steps = benchmark.first_steps + benchmark.steps
    return split.paths, [sampler.batch(step).numpy().tolist() for step in range(num_steps)]


def _choose_images(options):
    from tfreid.data.readers import read_dataset
    from tfreid.data.sampling import IdentitySampler

    split = read_dataset(options.data, needs=("train",)).train
    learning = options.learning
    return split, IdentitySampler(
        split.pids, learning.identities_per_batch, learning.images_per_identity, learning.seed
    )


def _count_images(options):
    return options.learning.identities_per_batch * options.learning.images_per_identity


def _time_batches(benchmark, batches):
    """Returns the seconds that the steps after the first ones take."""
    iterator = iter(batches)
    for _ in range(benchmark.first_steps):
        next(iterator)
    start = time.perf_counter()
    for _ in range(benchmark.steps):
        next(iterator)
    return time.perf_counter() - start
