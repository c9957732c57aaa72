"""Our SONA-Net's forward pass against the same network in PyTorch, and against ours without SONA.

    python tools/benchmark.py embedding [--batch=32 --height=384 --width=128]

PyTorch's sides are `torch_sona_net` as it is (eager), eager with the channels last, and compiled.
The limit is the rate of a plain matrix product. What SONA costs is `..._to_without_sona`; the paper
(section 3.5) has 8.44 ms against 7.89 ms per image, 7 % more, on a GPU. Each side runs in its own
process, by turns, on the same cores. What must hold: `seconds_to_...` at most 1 for eager, and
`largest_difference` below 1e-4. On a machine with other work, `cpu_to_...` with --threads=1 is the
figure to look at.
"""

import dataclasses
import os
import tempfile
from typing import NamedTuple

import numpy as np

from tfreid.options.fields import Checked, option
from tfreid.systems.sona_net.options import SonaNetOptions
from tools.benchmarks import torch_sides
from tools.benchmarks.measuring import count_operations
from tools.benchmarks.sides import compare_sides, measure_sides, report_sides

OURS, WITHOUT_SONA, LIMIT = "tfreid", "without_sona", "matrix_product"
_MATRIX_SIZE = 4096


@dataclasses.dataclass(frozen=True)
class EmbeddingBenchmark(Checked):
    """Sizes and turns."""

    height: int = option(384, "Rows of an image.", minimum=32)
    width: int = option(128, "Columns of an image.", minimum=16)
    batch: int = option(32, "Images at a time.", minimum=1)
    threads: int = option(0, "Threads and cores of each side; 0: all cores.", minimum=0)
    repeats: int = option(5, "Turns of each side.", minimum=1)
    modes: tuple = option(
        torch_sides.MODES, "PyTorch's sides.", choices=torch_sides.MODES, element=str
    )
    jit_compile: bool = option(False, "Compile ours by XLA.")


class Outcome(NamedTuple):
    """What a side's work returns.

    Attributes:
      embeddings: float32[B, D].
      operations: floating-point operations of the work, where they are counted.
    """

    embeddings: np.ndarray
    operations: int | None = None


GROUPS = (EmbeddingBenchmark, SonaNetOptions)
SMALL = (
    "--height=32",
    "--width=16",
    "--batch=2",
    "--repeats=2",
    "--width_multiplier=0.125",
    "--modes=eager",
    "--threads=1",
    "--drop=none",
)


def measure(benchmark, model):
    """Returns the seconds of each side, their ratios, and how far the embeddings differ."""
    torch_sides.check_model(model)
    with tempfile.TemporaryDirectory() as folder:
        weights = os.path.join(folder, "weights.npz")
        arguments = (benchmark, model, weights)
        plain = dataclasses.replace(model, sona_stages=(), sona_after_stage4="none")
        preparations = {
            OURS: (prepare_ours, arguments),
            WITHOUT_SONA: (prepare_ours, (benchmark, plain)),
            LIMIT: (prepare_matrix, ()),
        }
        for mode in benchmark.modes:
            preparations[f"pytorch_{mode}"] = (prepare_torch, (*arguments, mode))
        sides = measure_sides(preparations, benchmark.threads, benchmark.repeats)
    limit = sides.pop(LIMIT)
    operations, without = (sides[name].results[-1].operations for name in (OURS, WITHOUT_SONA))
    return {
        "height": benchmark.height,
        "width": benchmark.width,
        "batch": benchmark.batch,
        "width_multiplier": model.width_multiplier,
        "sona_stages": list(model.sona_stages),
        "jit_compile": benchmark.jit_compile,
        "threads": benchmark.threads or len(os.sched_getaffinity(0)),
        "sides": report_sides(sides, benchmark.batch),
        **compare_sides(sides, OURS),
        "largest_difference": compare_results(sides),
        "gflop_per_image": round(operations / benchmark.batch / 1e9, 2),
        "sona_operations_percent": round(100 * (operations / without - 1), 1),
        **_compare_rates(sides[OURS], operations, limit),
    }


def _compare_rates(ours, operations, limit):
    """Returns operations per second of processor time, ours and the matrix product's."""
    rate = operations / min(ours.cpu_seconds)
    limit_rate = 2 * _MATRIX_SIZE**3 / min(limit.cpu_seconds)
    return {
        "gflop_per_cpu_second": round(rate / 1e9, 1),
        "matrix_gflop_per_cpu_second": round(limit_rate / 1e9, 1),
        "share_of_matrix_rate": round(rate / limit_rate, 3),
    }


def compare_results(sides):
    """Returns how far any other side's result is from ours at most; None without another."""
    same = [side for name, side in sides.items() if name != WITHOUT_SONA and side.missing is None]
    results = [side.results[-1].embeddings for side in same]
    differences = [np.abs(result - results[0]).max() for result in results[1:]]
    return float(f"{max(differences):.2g}") if differences else None


def prepare_ours(benchmark, model, weights=None):
    """Returns the work of our side, and writes its weights for the others if given a file."""
    import tensorflow as tf

    from tfreid.systems.sona_net.network import make_sona_net
    from tools.benchmarks.torch_weights import convert_weights, draw_weights

    network = make_sona_net(model, benchmark.height, benchmark.width)
    draw_weights(network)
    if weights:
        np.savez(weights, **convert_weights(network))
    images = tf.constant(draw_images(benchmark))
    embed = tf.function(network.embed, jit_compile=benchmark.jit_compile or None)
    operations = count_operations(embed.get_concrete_function(images).graph)
    return lambda: Outcome(embed(images).numpy(), operations)


def prepare_torch(benchmark, model, weights, mode):
    """Returns the work of a side of PyTorch."""
    import torch  # an optional extra

    network = torch_sides.make_network(model, weights).eval()
    network, images = torch_sides.arrange(network, draw_images(benchmark), mode)

    def embed():
        with torch.inference_mode():
            return Outcome(torch.cat(network(images), dim=1).numpy())

    return embed


def prepare_matrix():
    """Returns the product of two matrices."""
    import tensorflow as tf

    matrix = tf.random.stateless_normal([_MATRIX_SIZE] * 2, [0, 0])
    multiply = tf.function(tf.matmul)

    def work():
        multiply(matrix, matrix)[0, 0].numpy()

    return work


def draw_images(benchmark):
    """Returns random images, float32[batch, height, width, 3]."""
    shape = (benchmark.batch, benchmark.height, benchmark.width, 3)
    return np.random.default_rng(1).standard_normal(shape, np.float32)
