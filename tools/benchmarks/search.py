"""Searches in an index: latency of a query, and what approximate indexes find, by the index's size.

    python tools/benchmark.py search
    python tools/benchmark.py search --images=1000000 --dimensions=256 --hnsw_images=1000000

For each size, vectors are drawn around centers, one for each of the people, and written as an index
folder; queries are drawn around the same centers. Latency is that of one query at a time, embedding
excluded, from the vector to the answer with paths. `recall_at_10` is the share of the 10 nearest by
exact search that an approximate one finds. `open_seconds` is what a new process needs to read the
folder. A million vectors of 1,536 dimensions take 6 GB on the disk, and again in memory; their
lists (IVF) take as much once more.
"""

import dataclasses
import os
import tempfile
import time

import numpy as np

from tfreid.errors import InputError
from tfreid.index import approximate
from tfreid.index.items import Items
from tfreid.index.searching import Searcher
from tfreid.index.snapshot import VECTORS, read_snapshot
from tfreid.index.tidying import ROWS
from tfreid.index.writer import open_writer
from tfreid.options.fields import Checked, option
from tfreid.options.search import VECTOR_INDEXES, RetrievalOptions
from tools.benchmarks.measuring import measure_peak_memory, run_alone

SMALL = ("--images=1200", "--dimensions=16", "--queries=5")
_FOUND = 10


@dataclasses.dataclass(frozen=True)
class SearchBenchmark(Checked):
    """Sizes of the index, and how it is searched."""

    images: tuple = option(
        (10_000, 100_000, 1_000_000),
        "Sizes of the index.",
        minimum=1,
        maximum=100_000_000,
        element=int,
    )
    dimensions: int = option(1536, "Dimensions of a vector; SONA-Net's are 1536.", minimum=1)
    images_per_person: int = option(20, "Images of a person.", minimum=1)
    spread: float = option(1.0, "Deviation within a person; that between people is 1.", minimum=0)
    kinds: tuple = option(
        VECTOR_INDEXES, "Kinds of the vector index.", choices=VECTOR_INDEXES, element=str
    )
    hnsw_images: int = option(
        100_000, "Largest index for which an HNSW graph is built: that takes long.", minimum=0
    )
    queries: int = option(50, "Queries.", minimum=1)
    ivf_lists: int = option(64, "Lists that an IVF search looks into.", minimum=1)
    hnsw_candidates: int = option(128, "Candidates that an HNSW search keeps.", minimum=1)
    folder: str = option("", "Where the indexes are written for a while; empty: the system's.")

    def check(self):
        if self.folder and not os.path.isdir(self.folder):
            raise InputError(f"--folder={self.folder}: no such folder; make it, or leave it out.")


GROUPS = (SearchBenchmark,)


class _NoModel:
    """Stands for the model: the benchmark brings vectors."""

    system, scores_pairs = "sona_net", False


def measure(options):
    """Returns the numbers of each size."""
    return {
        "dimensions": options.dimensions,
        "queries": options.queries,
        "sizes": [_measure_size(options, count) for count in options.images],
    }


def _measure_size(options, count):
    with tempfile.TemporaryDirectory(dir=options.folder or None) as folder:
        path = os.path.join(folder, "index")
        start = time.perf_counter()
        queries = _write_index(options, count, path)
        numbers = {"images": count, "write_seconds": round(time.perf_counter() - start, 2)}
        exact = None
        for kind in sorted(options.kinds, key=VECTOR_INDEXES.index):
            if kind == "hnsw" and count > options.hnsw_images:
                numbers[kind] = "not built: more images than --hnsw_images"
                continue
            build = run_alone(_build, path, kind) if kind != "flat" else {}
            found, searched = run_alone(_measure_kind, options, path, queries, kind)
            numbers[kind] = {**build, **searched}
            exact = found if kind == "flat" else exact
            if exact is not None:
                shares = [len(set(a) & set(b)) / len(b) for a, b in zip(found, exact)]
                numbers[kind]["recall_at_10"] = round(float(np.mean(shares)), 4)
        return numbers


def _write_index(options, count, path):
    """Writes an index of drawn vectors; returns queries, float32[Q, D]."""
    generator = np.random.default_rng(0)
    people = max(1, count // options.images_per_person)
    seeds = generator.integers(0, 2**63, people)
    model = {"system": "sona_net", "fingerprint": "0", "name": "benchmark"}

    def draw(pids):
        centers = np.stack([_draw_center(seeds[pid], options.dimensions) for pid in pids])
        return centers + options.spread * generator.standard_normal(centers.shape, np.float32)

    with open_writer(path, model) as writer:
        for start in range(0, count, ROWS):
            pids = np.arange(start, min(start + ROWS, count)) % people
            numbers = np.zeros(len(pids))
            paths = [f"/photos/{start + row:09d}.jpg" for row in range(len(pids))]
            items = Items(numbers, paths, pids, numbers, numbers, numbers)
            writer.add(items, {VECTORS: draw(pids).astype(np.float32)})
    return draw(generator.integers(0, people, options.queries)).astype(np.float32)


def _draw_center(seed, dimensions):
    return np.random.default_rng(seed).standard_normal(dimensions, np.float32)


def _build(path, kind):
    """Makes an approximate index; returns how long it took."""
    start = time.perf_counter()
    approximate.open_approximate(read_snapshot(path), kind, 1)
    return {"build_seconds": round(time.perf_counter() - start, 2)}


def _measure_kind(options, path, queries, kind):
    """Returns (ids that each query finds, numbers)."""
    retrieval = RetrievalOptions(
        top_k=_FOUND,
        vector_index=kind,
        ivf_lists=options.ivf_lists,
        hnsw_candidates=options.hnsw_candidates,
    )
    numbers, opened = {}, []
    start = time.perf_counter()
    memory = measure_peak_memory(
        lambda: opened.append(Searcher(read_snapshot(path), _NoModel(), retrieval))
    )
    numbers["open_seconds"] = round(time.perf_counter() - start, 3)
    numbers["open_memory_mb"] = round(memory / 1e6, 1)
    found, seconds = _time_queries(opened[0], queries)
    numbers["median_ms"] = round(1e3 * float(np.median(seconds)), 3)
    numbers["p95_ms"] = round(1e3 * float(np.percentile(seconds, 95)), 3)
    return found, numbers


def _time_queries(searcher, queries):
    found, seconds = [], []
    for query in queries:
        start = time.perf_counter()
        answer = searcher.answer(("query", None), {VECTORS: query[np.newaxis]})
        seconds.append(time.perf_counter() - start)
        found.append([match.id for match in answer.matches])
    return found, seconds
