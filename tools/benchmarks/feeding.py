"""How fast the library feeds a network, beside the same network's exported signature.

    python tools/benchmark.py feeding [--place=tfreid_small --folder=photos --images=2000]

Each side embeds the same images, drawn people unless told otherwise, from their files: the exported
signature in requests of 64; `embed` as a program calls it; `add`, the part of `tfreid search --add`
before the index; and `evaluate`. They take turns in one process. What must hold: each of the
library's `speed_to_signature` is 0.9 or more.
"""

import dataclasses
import statistics
import time

import numpy as np

from tfreid.options.fields import Checked, option
from tools.benchmarks.serving import export_signature

SIGNATURE = "signature"
SMALL = ("--images=70", "--repeats=1")
_BATCH = 64


@dataclasses.dataclass(frozen=True)
class FeedingBenchmark(Checked):
    """What is embedded, by what, and how often."""

    place: str = option("tfreid_small", "The network: a workdir, or weights by name.")
    folder: str = option("", "Folder of images; empty: drawn people.")
    images: int = option(2000, "How many; some are taken twice where there are fewer.", minimum=1)
    repeats: int = option(5, "Turns of each side.", minimum=1)


GROUPS = (FeedingBenchmark,)


def measure(benchmark):
    """Returns images per second, processor milliseconds of an image, and ratios."""
    split = _list_images(benchmark)
    sides = _make_sides(benchmark.place, split)
    expected = sides[SIGNATURE]()
    differences = [np.abs(embed() - expected).max() for embed in sides.values()]  # and warms up
    seconds = {name: [] for name in sides}
    for _ in range(benchmark.repeats):
        for name, embed in sides.items():
            seconds[name].append(_time(embed))
    return {
        "place": benchmark.place,
        "images": benchmark.images,
        "sides": {name: _summarize(turns, len(split)) for name, turns in seconds.items()},
        **_compare(seconds),
        "largest_difference": float(f"{max(differences) / np.abs(expected).max():.2g}"),
    }


def _list_images(benchmark):
    """Returns a `Split` of so many images."""
    from tfreid.data.dataset import Split
    from tfreid.index.sources import list_source
    from tfreid.pedestrians import prepare_synthetic

    paths = list_source(benchmark.folder or prepare_synthetic(""), "folder").paths
    rows = np.arange(benchmark.images) % len(paths)
    return Split([paths[row] for row in rows], 0 * rows, 0 * rows)


def _make_sides(place, split):
    """Returns {name: function that embeds all of a split}."""
    import tfreid
    from tfreid.evaluation.embedding import Embedder
    from tfreid.index.features import read_features
    from tfreid.index.rows import VECTORS
    from tfreid.runs.loading import load_network

    model, (network, options, _) = tfreid.load(place), load_network(place)
    embedder = Embedder(network, options.data, options.evaluation)
    signature, paths = _export(place), list(split.paths)

    def add():
        parts = read_features(model, paths, _BATCH, skip=None)
        return np.concatenate([columns[VECTORS] for _, columns in parts])

    return {
        SIGNATURE: lambda: _ask(signature, paths),
        "embed": lambda: model.embed(paths),
        "add": add,
        "evaluate": lambda: embedder.embed(split),
    }


def _export(place):
    """Returns `serving_default` of an export, batch norm folded, saved and loaded again."""
    from tfreid.layers.folding import fold_batch_norm
    from tfreid.runs.loading import load_network

    network, options, _ = load_network(place)
    with fold_batch_norm(network):
        return export_signature(network, options)


def _ask(signature, paths):
    import tensorflow as tf

    parts = []
    for start in range(0, len(paths), _BATCH):
        contents = []
        for path in paths[start : start + _BATCH]:
            with open(path, "rb") as file:
                contents.append(file.read())
        parts.append(signature(image_bytes=tf.constant(contents))["embedding"].numpy())
    return np.concatenate(parts)


def _time(work):
    """Returns (seconds by the clock, of the processor)."""
    start = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - start[0], time.process_time() - start[1]


def _summarize(turns, images):
    clock, cpu = (statistics.median(column) for column in zip(*turns))
    return {
        "images_per_second": round(images / clock, 1),
        "cpu_ms_per_image": round(1000 * cpu / images, 3),
    }


def _compare(seconds):
    """Returns {"speed_to_signature": {side: median over turns}, "cpu_to_signature": likewise}."""
    ratios = {"speed_to_signature": {}, "cpu_to_signature": {}}
    for name, turns in seconds.items():
        if name != SIGNATURE:
            pairs = list(zip(seconds[SIGNATURE], turns))
            clock = statistics.median(theirs[0] / ours[0] for theirs, ours in pairs)
            cpu = statistics.median(ours[1] / theirs[1] for theirs, ours in pairs)
            ratios["speed_to_signature"][name] = round(clock, 3)
            ratios["cpu_to_signature"][name] = round(cpu, 3)
    return ratios
