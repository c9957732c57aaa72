"""What SONA costs: the forward pass of a network with it against the baseline without.

    python tools/benchmark.py sona_overhead [--sona_stages=2]

The paper (SONA-Net, section 3.5) has 8.44 ms against 7.89 ms per image, 7 % more, on a GPU. The
limit is `operations_percent`: what SONA adds in multiplications and additions.
"""

import dataclasses
import os

from tfreid.options.fields import Checked, option
from tfreid.systems.sona_net.options import SonaNetOptions
from tools.benchmarks.embedding import draw_images
from tools.benchmarks.measuring import count_operations
from tools.benchmarks.sides import compare_sides, measure_sides, report_sides

OURS = "with_sona"
PAPER_PERCENT = 7.0
SMALL = ("--height=32", "--width=16", "--batch=2", "--repeats=2", "--width_multiplier=0.125")


@dataclasses.dataclass(frozen=True)
class SonaOverheadBenchmark(Checked):
    """Sizes and turns."""

    height: int = option(384, "Rows of an image.", minimum=32)
    width: int = option(128, "Columns of an image.", minimum=16)
    batch: int = option(16, "Images at a time.", minimum=1)
    threads: int = option(0, "Threads and cores of each side; 0: all cores.", minimum=0)
    repeats: int = option(9, "Turns of each side.", minimum=1)


GROUPS = (SonaOverheadBenchmark, SonaNetOptions)


def measure(benchmark, model):
    """Returns the seconds of both networks and by how many percent they and the work differ."""
    model = dataclasses.replace(model, drop="none")  # nothing is dropped outside training
    plain = dataclasses.replace(model, sona_stages=(), sona_after_stage4="none")
    sides = measure_sides(
        {
            OURS: (prepare_network, (benchmark, model)),
            "baseline": (prepare_network, (benchmark, plain)),
        },
        benchmark.threads,
        benchmark.repeats,
    )
    operations = {name: side.results[0] for name, side in sides.items()}
    ratios = compare_sides(sides, OURS)
    return {
        "height": benchmark.height,
        "width": benchmark.width,
        "batch": benchmark.batch,
        "sona_stages": list(model.sona_stages),
        "sona_after_stage4": model.sona_after_stage4,
        "threads": benchmark.threads or len(os.sched_getaffinity(0)),
        "gflop_per_image": round(operations[OURS] / benchmark.batch / 1e9, 2),
        "sides": report_sides(sides, benchmark.batch),
        "overhead_percent": round(100 * (ratios["seconds_to_baseline"] - 1), 1),
        "cpu_overhead_percent": round(100 * (ratios["cpu_to_baseline"] - 1), 1),
        "operations_percent": round(100 * (operations[OURS] / operations["baseline"] - 1), 1),
        "paper_percent": PAPER_PERCENT,
    }


def prepare_network(benchmark, model):
    """Returns the work of a side: a forward pass; it returns the pass's operations."""
    import tensorflow as tf

    from tfreid.systems.sona_net.network import make_sona_net

    network = make_sona_net(model, benchmark.height, benchmark.width)
    images = tf.constant(draw_images(benchmark))
    embed = tf.function(network.embed)
    operations = count_operations(embed.get_concrete_function(images).graph)

    def work():
        embed(images).numpy()
        return operations

    return work
