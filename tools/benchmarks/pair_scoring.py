"""KVM-MN's scoring of pairs: through the whole network, and through cached memories.

    python tools/benchmark.py pair_scoring

`naive` memorizes both images of every pair anew; `cached` matches a block of memories, with the
queries' own part computed once for the block. What must hold at the default sizes on a CPU:
`cached_to_naive` at least 8, and `share_of_matrix_rate` at least 0.5, where the matrix rate is that
of one large product, measured in turns with the rest. Images are random, weights untrained: neither
changes the time. Takes the flags of the network, such as --feature_dim.

With --workdir=W of a trained KVM-MN, `float16_change` and `bfloat16_change` tell how much the
scores of its test images move when memories are kept in 16 bits: the root mean square of the
change, as a share of the scores' standard deviation.
"""

import dataclasses

from tfreid.options.fields import Checked, option
from tfreid.systems.kvm_mn.options import KvmMnOptions
from tools.benchmarks.measuring import time_alternately


@dataclasses.dataclass(frozen=True)
class PairScoringBenchmark(Checked):
    """Sizes and turns; the defaults are the paper's image and a block that suits CPUs."""

    height: int = option(224, "Rows of an image.", minimum=32)
    width: int = option(112, "Columns of an image.", minimum=32)
    queries: int = option(8, "Queries of a block of cached memories.", minimum=1)
    gallery: int = option(32, "Gallery images of a block.", minimum=1)
    naive_pairs: int = option(16, "Pairs of one call of the whole network.", minimum=1)
    matrix_size: int = option(2048, "Rows and columns of the matrices to multiply.", minimum=1)
    repeats: int = option(5, "Turns; the fastest counts.", minimum=1)
    workdir: str = option("", "Run of a trained KVM-MN, to see what 16 bits change.")
    changed_images: int = option(100, "Queries, and gallery images, to see it on.", minimum=2)


GROUPS = (PairScoringBenchmark, KvmMnOptions)
SMALL = (
    "--height=32",
    "--width=40",
    "--final_endpoint=Mixed_3b",
    "--queries=2",
    "--gallery=3",
    "--naive_pairs=2",
    "--matrix_size=16",
    "--repeats=1",
)


def measure(benchmark, model):
    """Returns pairs per second of both ways, and the share of the matrix-product rate reached."""
    from tfreid.systems.kvm_mn.network import make_kvm_mn  # loads TensorFlow: not for --help

    network = make_kvm_mn(model, benchmark.height, benchmark.width)
    works = _make_works(benchmark, network)
    for work in works.values():
        work()  # traces
    seconds = time_alternately(works, benchmark.repeats)
    pairs = benchmark.queries * benchmark.gallery
    naive, cached = benchmark.naive_pairs / seconds["naive"], pairs / seconds["cached"]
    matrix_rate = 2 * benchmark.matrix_size**3 / seconds["matrix"]
    operations = count_pair_operations(model, network.score.kernel.shape[0])
    return {
        "height": benchmark.height,
        "width": benchmark.width,
        "queries": benchmark.queries,
        "gallery": benchmark.gallery,
        "gflop_per_pair": round(operations / 1e9, 4),
        "naive_pairs_per_second": round(naive, 2),
        "cached_pairs_per_second": round(cached, 2),
        "cached_to_naive": round(cached / naive, 2),
        "memorized_images_per_second": round(benchmark.gallery / seconds["memorize"], 2),
        "matrix_gflop_per_second": round(matrix_rate / 1e9, 1),
        "share_of_matrix_rate": round(cached * operations / matrix_rate, 3),
        **(_measure_changes(benchmark) if benchmark.workdir else {}),
    }


def count_pair_operations(model, score_inputs):
    """Returns the multiplications and additions of matrix products that a pair alone needs.

    Args:
      model: `KvmMnOptions`.
      score_inputs: L * d_c, inputs of the scoring network.
    """
    locations = score_inputs // model.comparison_size
    products = (
        locations * locations * model.num_heads * (model.key_dim + model.value_dim)  # Eq. 3
        + locations * model.num_heads * model.value_dim * model.attention_size  # Eq. 4
        + locations * model.attention_size * model.comparison_size  # Eq. 5, the pair's half
        + score_inputs * model.score_size  # Eq. 6
        + model.score_size
    )
    return 2 * products


def _measure_changes(benchmark):
    """Returns the changes of scores by memories in 16 bits, relative to the scores' deviation."""
    import numpy as np

    from tfreid.data.readers import read_dataset
    from tfreid.runs.loading import load_network
    from tfreid.systems.matching.memories import memorize_split
    from tfreid.systems.matching.pair_scores import PairScorer

    network, options, _ = load_network(benchmark.workdir)
    dataset = read_dataset(options.data)
    rows = slice(benchmark.changed_images)

    def score(dtype):
        evaluation = dataclasses.replace(options.evaluation, memory_dtype=dtype)
        sides = [
            memorize_split(network, split.take(rows), options.data, evaluation)
            for split in (dataset.query, dataset.gallery)
        ]
        return np.concatenate(list(PairScorer(network, *sides, evaluation).score_all()))

    exact = score("float32")
    changes = {name: score(name) - exact for name in ("float16", "bfloat16")}
    return {
        f"{name}_change": round(float(np.sqrt(np.mean(change**2)) / exact.std()), 6)
        for name, change in changes.items()
    }


def _draw(benchmark, count):
    """Returns random images, [count, height, width, 3]."""
    import tensorflow as tf

    shape = [count, benchmark.height, benchmark.width, 3]
    return tf.random.stateless_uniform(shape, [0, count], -1.0, 1.0)


def _make_works(benchmark, network):
    """Returns {name: function to time}; each waits until its result is there."""
    import tensorflow as tf

    sets = tf.stack([_draw(benchmark, benchmark.naive_pairs)] * 2, axis=1)
    images = _draw(benchmark, benchmark.gallery)
    queries = network.memorize(_draw(benchmark, benchmark.queries))
    gallery = network.memorize(images)
    matrix = tf.random.stateless_normal([benchmark.matrix_size] * 2, [0, 0])
    score, match = tf.function(network), tf.function(network.match)
    memorize = tf.function(network.memorize)
    multiply = tf.function(tf.matmul)
    return {
        "naive": lambda: score(sets).numpy(),
        "cached": lambda: match(queries, gallery).numpy(),
        "memorize": lambda: memorize(images).keys.numpy(),
        "matrix": lambda: multiply(matrix, matrix).numpy(),
    }
