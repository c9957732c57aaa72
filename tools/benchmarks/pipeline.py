"""The input pipeline: training images per second from files to augmented batches.

    python tools/benchmark.py pipeline --flagfile=configs/sona2_market1501.cfg --data_dir=D

Takes the flags of `tfreid.train`, so that a recipe can be measured as it is. The number to compare
with is `images_per_second` of the benchmark training_step: a pipeline below it slows training down.
"""

import dataclasses
import time

from tfreid.options import SONA_NET, SYSTEMS, TrainOptions
from tfreid.options.fields import Checked, option


@dataclasses.dataclass(frozen=True)
class PipelineBenchmark(Checked):
    """How long to measure."""

    steps: int = option(20, "Training steps to time.", minimum=1)
    first_steps: int = option(3, "Steps before the clock starts.", minimum=1)


GROUPS = (PipelineBenchmark, *SYSTEMS[SONA_NET])


def measure(benchmark, *groups):
    """Returns the images per second of `make_train_dataset` alone."""
    from tfreid.data.pipeline import make_train_dataset  # loads TensorFlow: not for --help
    from tfreid.data.readers import read_dataset
    from tfreid.data.sampling import IdentitySampler

    options = TrainOptions(*groups).check()
    learning = options.learning
    split = read_dataset(options.data, needs=("train",)).train
    sampler = IdentitySampler(
        split.pids, learning.identities_per_batch, learning.images_per_identity, learning.seed
    )
    num_steps = benchmark.first_steps + benchmark.steps
    batches = iter(
        make_train_dataset(
            split, sampler, options.data, options.augment, learning.seed, 0, num_steps
        )
    )
    for _ in range(benchmark.first_steps):
        next(batches)
    start = time.perf_counter()
    for _ in range(benchmark.steps):
        next(batches)
    seconds = time.perf_counter() - start
    return {
        "dataset": options.data.dataset,
        "height": options.data.height,
        "width": options.data.width,
        "cache_images": options.data.cache_images,
        "batch": sampler.batch_size,
        "steps": benchmark.steps,
        "images_per_second": round(benchmark.steps * sampler.batch_size / seconds, 1),
    }
