"""Searches in an index: latency of a query, and what approximate indexes find, by the index's size.

    python tools/benchmark.py search
    python tools/benchmark.py search --images=1000000 --dimensions=256 --hnsw_images=1000000

For each size, vectors are drawn around centers, one for each of the people, and written as an index
folder; queries are drawn around the same centers. Latency is that of one query at a time, embedding
excluded, from the vector to the answer with paths. `recall_at_10` is the share of the 10 nearest by
exact search that an approximate one finds. `add_seconds` is what the store needs to take the
vectors up, `build_seconds` what makes what is searched, `open_seconds` what a new process needs
then, `first_ms` its first query, which also checks the vectors of a memory-mapped file, `since_ms`
a query with --since, for which all rows are read; `cpu_seconds` are the processor's. `to_faiss` is
our time for a query divided by that of faiss alone with the same vectors, by turns. A million
vectors of 1,536 dimensions take 7 GB on the disk; the file that they are searched in (flat), and
their lists (IVF), take as much once more.
"""

import contextlib
import dataclasses
import os
import tempfile
import time

import numpy as np

from tfreid.errors import InputError
from tfreid.index.rows import KEYS, VALUES, VECTORS, Image
from tfreid.index.stores import open_store
from tfreid.index.vector_index import (
    BYTES_IN_MEMORY,
    make_vector_index,
    open_vector_index,
    search,
)
from tfreid.options.fields import Checked, option
from tfreid.options.search import VECTOR_INDEXES, RetrievalOptions
from tools.benchmarks.measuring import Stopwatch, measure_peak_memory, run_alone

SMALL = ("--images=1200", "--dimensions=16", "--queries=5", "--memories=20")
_FOUND = 10
_ROWS = 4096  # added in one change
_SHORTLIST = 100
_ALL_TIMES, _FILTERED = RetrievalOptions(top_k=_FOUND, since="1970-01-01T00:00:00+00:00"), 5
_MEMORY = (4, 98, 64)  # KVM-MN's keys and values at the paper's sizes: heads, locations, features


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
    memories: int = option(
        2000, "Images of an index of KVM-MN's memories, for reading shortlists; 0: none.", minimum=0
    )
    memories_of_a_change: int = option(500, "Images of it that are added at a time.", minimum=1)
    lance: bool = option(False, "An index of LanceDB, as in a bucket, but on the disk.")
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
        "shortlists": _measure_shortlists(options) if options.memories else None,
    }


def _measure_size(options, count):
    with tempfile.TemporaryDirectory(dir=options.folder or None) as folder:
        path = f"{'file://' if options.lance else ''}{folder}/index"
        start = time.perf_counter()
        queries, adding = write_index(options, count, path)
        numbers = {
            "images": count,
            "write_seconds": round(time.perf_counter() - start, 2),
            **{f"add_{name}": round(seconds, 2) for name, seconds in adding.items()},
        }
        exact = None
        for kind in sorted(options.kinds, key=VECTOR_INDEXES.index):
            if kind == "hnsw" and count > options.hnsw_images:
                numbers[kind] = "not built: more images than --hnsw_images"
                continue
            is_made = kind != "flat" or 4 * options.dimensions * count > BYTES_IN_MEMORY
            build = run_alone(_build, path, kind) if is_made else {}
            found, searched = run_alone(_measure_kind, options, path, queries, kind)
            numbers[kind] = {**build, **searched}
            exact = found if kind == "flat" else exact
            if exact is not None:
                shares = [len(set(a) & set(b)) / len(b) for a, b in zip(found, exact)]
                numbers[kind]["recall_at_10"] = round(float(np.mean(shares)), 4)
        return numbers


def prepare_ours(options):
    """Returns the work of answering all queries, exactly, from an index of the first size."""
    from tfreid.index.searching import Searcher  # loads TensorFlow

    folder = tempfile.TemporaryDirectory(dir=options.folder or None)
    path = os.path.join(folder.name, "index")
    queries, _ = write_index(options, options.images[0], path)
    searcher, store = Searcher(path, _NoModel(), RetrievalOptions(top_k=_FOUND)), open_store(path)
    return lambda: folder and len(_time_queries(store, searcher, queries)[0])


def write_index(options, count, path):
    """Writes an index of drawn vectors; returns (queries float32[Q, D], times of adding)."""
    generator = np.random.default_rng(0)
    people = max(1, count // options.images_per_person)
    # A center is drawn anew from its seed: those of 50,000 people would take 300 MB.
    seeds = generator.integers(0, 2**63, people)
    model = {"system": "sona_net", "fingerprint": "0", "name": "benchmark"}

    def draw(pids):
        centers = np.stack([_draw_center(seeds[pid], options.dimensions) for pid in pids])
        return centers + options.spread * generator.standard_normal(centers.shape, np.float32)

    store, stopwatch = open_store(path), Stopwatch()
    store.create(model)
    with contextlib.ExitStack() as stack:
        stack.enter_context(store.held())
        for start in range(0, count, _ROWS):
            pids = np.arange(start, min(start + _ROWS, count)) % people
            images = [
                Image(0, f"/photos/{start + row:09d}.jpg", int(pid), None, 0, 0, b"")
                for row, pid in enumerate(pids)
            ]
            columns = {VECTORS: draw(pids).astype(np.float32)}
            with stopwatch.running(), store.write() as change:
                change.add(images, columns)
        with stopwatch.running():
            stack.close()
    queries = draw(generator.integers(0, people, options.queries)).astype(np.float32)
    return queries, stopwatch.times


def _draw_center(seed, dimensions):
    return np.random.default_rng(seed).standard_normal(dimensions, np.float32)


def _build(path, kind):
    """Makes what is searched; returns how long it took, once after images came or went."""
    start = time.perf_counter()
    with open_store(path).read() as view:
        make_vector_index(path, view, kind)
    return {"build_seconds": round(time.perf_counter() - start, 2)}


def _measure_kind(options, path, queries, kind):
    """Returns (ids that each query finds, numbers)."""
    from tfreid.index.searching import Searcher  # loads TensorFlow

    retrieval = RetrievalOptions(
        top_k=_FOUND,
        vector_index=kind,
        ivf_lists=options.ivf_lists,
        hnsw_candidates=options.hnsw_candidates,
    )
    numbers, searcher, store = {}, Searcher(path, _NoModel(), retrieval), open_store(path)

    def open_index():
        with store.read() as view:
            searcher.refresh(view)

    stopwatch = Stopwatch()
    with stopwatch.running():
        memory = measure_peak_memory(open_index)
    numbers |= {f"open_{name}": round(value, 3) for name, value in stopwatch.times.items()}
    numbers["open_memory_mb"] = round(memory / 1e6, 1)
    found, seconds = _time_queries(store, searcher, queries)
    numbers["first_ms"] = round(1e3 * seconds[0], 3)
    numbers["median_ms"] = round(1e3 * float(np.median(seconds)), 3)
    numbers["p95_ms"] = round(1e3 * float(np.percentile(seconds, 95)), 3)
    numbers["to_faiss"] = _compare_with_faiss(store, searcher, queries, path, retrieval)
    since = [
        _time_queries(store, Searcher(path, _NoModel(), _ALL_TIMES, searcher.vectors), queries[:1])
        for _ in range(_FILTERED)
    ]
    numbers["since_ms"] = round(1e3 * float(np.median([seconds for _, (seconds,) in since])), 3)
    return found, numbers


def _compare_with_faiss(store, searcher, queries, path, retrieval):
    """Returns the median of the quotients of our time and that of faiss alone, query by query."""
    from tfreid.index.searching import choose_vectors  # loads TensorFlow

    kind, effort = choose_vectors(retrieval)
    with store.read() as view:
        bare = open_vector_index(path, view, kind)
    search(kind, bare, queries[:1], _FOUND, effort)  # checks the vectors
    ratios = []
    for query in queries:
        _, (seconds,) = _time_queries(store, searcher, query[np.newaxis])
        start = time.perf_counter()
        search(kind, bare, query[np.newaxis], _FOUND, effort)
        ratios.append(seconds / (time.perf_counter() - start))
    return round(float(np.median(ratios)), 3)


def _time_queries(store, searcher, queries):
    found, seconds = [], []
    for query in queries:
        start = time.perf_counter()
        with store.read() as view:
            searcher.refresh(view)
            answer = searcher.answer(("query", None), {VECTORS: query[np.newaxis]})
        seconds.append(time.perf_counter() - start)
        found.append([match.id for match in answer.matches])
    return found, seconds


def _measure_shortlists(options):
    """Returns the numbers of reading KVM-MN's memories of a query's shortlist."""
    count, generator = options.memories, np.random.default_rng(1)
    with tempfile.TemporaryDirectory(dir=options.folder or None) as folder:
        store = open_store(folder)
        store.create({"system": "kvm_mn", "fingerprint": "0", "name": "benchmark"})
        for start in range(0, count, options.memories_of_a_change):
            rows = range(start, min(count, start + options.memories_of_a_change))
            images = [Image(0, f"/photos/{row:09d}.jpg", row, None, 0, 0, b"") for row in rows]
            columns = {VECTORS: generator.random((len(rows), 832), np.float32)}
            for name in (KEYS, VALUES):
                memory = generator.random((len(rows), *_MEMORY), np.float32)
                columns[name] = memory.astype(np.float16)
            with store.write() as change:
                change.add(images, columns)
        times = []
        for _ in range(options.queries):
            ids = 1 + generator.choice(count, min(_SHORTLIST, count), replace=False)
            stopwatch = Stopwatch()
            with stopwatch.running(), store.read() as view:
                view.read_features(ids, (VECTORS, KEYS, VALUES))
            times.append(list(stopwatch.times.values()))
    median, cpu = np.round(1e3 * np.median(times, axis=0), 3).tolist()
    return {"images": count, "shortlist": _SHORTLIST, "median_ms": median, "median_cpu_ms": cpu}
