"""`rank` between its limit and the field's way, on random features of Market-1501's shape.

    python tools/benchmark.py ranking

The limit is the bare distance matrix; the field's way is `field_evaluator` with the same matrix.
What must hold at the default sizes: `ratio` at most 2, `peak_memory_mb` under 600.
"""

import dataclasses
import statistics
import time

import numpy as np

from tfreid.options.fields import Checked, option
from tools.benchmarks.field_evaluator import make_evaluator
from tools.benchmarks.measuring import list_times, measure_peak_memory, run_alone


@dataclasses.dataclass(frozen=True)
class RankingBenchmark(Checked):
    """Sizes; the defaults are those of Market-1501 without its junk."""

    queries: int = option(3368, "Query images.", minimum=1)
    gallery: int = option(15913, "Gallery images.", minimum=1)
    dimensions: int = option(1536, "Dimensions of a feature.", minimum=1)
    identities: int = option(750, "Identities of query and gallery.", minimum=1)
    cameras: int = option(6, "Cameras.", minimum=2)
    distractors: float = option(0.17, "Share of the gallery that is nobody.", minimum=0, maximum=1)
    repeats: int = option(5, "Turns.", minimum=1)
    field: bool = option(True, "Measure the field's way, too, once: more than a minute.")


GROUPS = (RankingBenchmark,)
SMALL = ("--queries=12", "--gallery=70", "--dimensions=5", "--identities=4", "--repeats=1")


def measure(options):
    """Returns the seconds of each way, their ratios, and the memory that `rank` needs."""
    from tfreid.evaluation.ranking import rank  # loads TensorFlow

    sides = _draw_sides(options)
    query, gallery = sides[:2]
    works = {"matrix": lambda: _compute_matrix(query, gallery), "rank": lambda: rank(*sides)}
    times = list_times(works, options.repeats)
    ratios = [ours / limit for ours, limit in zip(times["rank"], times["matrix"])]
    # In a process of its own: what the turns before have left would hide it.
    peak = run_alone(_measure_memory, options)
    return {
        "queries": options.queries,
        "gallery": options.gallery,
        "dimensions": options.dimensions,
        "matches_per_query": round(float(rank(*sides).num_matches.mean()), 2),
        "seconds_matrix": round(min(times["matrix"]), 3),
        "seconds_rank": round(min(times["rank"]), 3),
        "ratio": round(statistics.median(ratios), 3),
        "peak_memory_mb": round(peak / 1e6, 1),
        **(_measure_field(sides, min(times["rank"])) if options.field else {}),
        "numpy": np.__version__,
    }


def _measure_field(sides, seconds_rank):
    """Returns the seconds of the field's way, its ratio to ours, and how far mAP differs."""
    from tfreid.evaluation.ranking import rank  # loads TensorFlow

    name, evaluate = make_evaluator()
    start = time.perf_counter()
    _, mean_ap = evaluate(_compute_matrix(*sides[:2]), *sides[2:])
    seconds = time.perf_counter() - start
    return {
        "field": name,
        "seconds_field": round(seconds, 3),
        "field_to_rank": round(seconds / seconds_rank, 1),
        "mAP_difference": float(f"{abs(mean_ap - rank(*sides).mAP):.2g}"),
    }


def _measure_memory(options):
    from tfreid.evaluation.ranking import rank  # loads TensorFlow

    sides = _draw_sides(options)
    return measure_peak_memory(lambda: rank(*sides))


def _draw_sides(options):
    """Returns the six arguments of `rank`."""
    generator = np.random.default_rng(0)
    counts = (options.queries, options.gallery)
    features = [
        generator.standard_normal((count, options.dimensions), np.float32) for count in counts
    ]
    pids = [generator.integers(1, options.identities + 1, count) for count in counts]
    pids[1][generator.random(options.gallery) < options.distractors] = 0
    camids = [generator.integers(1, options.cameras + 1, count) for count in counts]
    return (*features, *pids, *camids)


def _compute_matrix(query, gallery):
    """Returns |q|^2 - 2 q.g + |g|^2 of all pairs: the least that any evaluation computes."""
    squares = query @ gallery.T
    squares *= -2
    squares += np.einsum("qd,qd->q", query, query)[:, np.newaxis]
    squares += np.einsum("gd,gd->g", gallery, gallery)
    return squares
