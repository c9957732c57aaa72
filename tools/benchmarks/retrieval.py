"""What re-ranking and query expansion bring: searches of a run's queries in a run's gallery.

    python tools/benchmark.py retrieval --workdir=runs/demo/sona_net

The gallery of the run's data set becomes an index; its queries are searched in it plainly, which is
what to compare with, and in each of `WAYS`. Images of the query's own camera are left out, and mAP
is that of the nearest images alone: a match farther away counts as never found.
"""

import dataclasses
import tempfile
import time

import numpy as np

from tfreid.data.dataset import JUNK_PID
from tfreid.errors import InputError
from tfreid.options import parse
from tfreid.options.fields import Checked, option
from tfreid.options.search import RetrievalOptions

PLAIN = "plain"
WAYS = (
    "--rerank",
    "--rerank --rerank_k1=6 --rerank_k2=3",
    "--expand_neighbors=2",
    "--expand_neighbors=2 --rerank",
)
SMALL = ("--queries=4", "--nearest=5")


@dataclasses.dataclass(frozen=True)
class RetrievalBenchmark(Checked):
    """Whose images, and how many of them."""

    workdir: str = option("", "Run of either system; its data set is searched.")
    queries: int = option(0, "Queries, spread evenly over all of them; 0: all.", minimum=0)
    nearest: int = option(100, "Nearest images that are found, and re-ranked.", minimum=1)


GROUPS = (RetrievalBenchmark,)


def measure(benchmark):
    """Returns mAP, rank-1 and seconds of each way to search, and by how much mAP gains.

    Raises:
      InputError: without a run.
    """
    if not benchmark.workdir:
        raise InputError("--workdir is empty: give a training's, as in --workdir=runs/demo/kvm_mn.")
    import tfreid  # loads TensorFlow: not for --help
    from tfreid.index.index import Index

    query, images = _read_images(benchmark)
    with tempfile.TemporaryDirectory() as folder:
        gallery = Index(f"{folder}/index", tfreid.load(benchmark.workdir))
        gallery.add(_make_source(images))
        ways = {
            way or PLAIN: _measure_way(gallery, query, images, way, benchmark.nearest)
            for way in ("", *WAYS)
        }
    plain = ways[PLAIN]["mAP"]
    return {
        "workdir": benchmark.workdir,
        "queries": len(query),
        "gallery": len(images),
        "nearest": benchmark.nearest,
        "ways": ways,
        "gains": {way: round(ways[way]["mAP"] - plain, 2) for way in WAYS},
    }


def _read_images(benchmark):
    """Returns the queries and the gallery, without its junk, as `Split`s."""
    from tfreid.data.readers import read_dataset
    from tfreid.runs.workdir import Workdir

    options = Workdir(benchmark.workdir).read_options()
    dataset = read_dataset(options.data, needs=("query", "gallery"))
    count = min(benchmark.queries or len(dataset.query), len(dataset.query))
    rows = np.linspace(0, len(dataset.query) - 1, count).astype(int)
    return dataset.query.take(rows), dataset.gallery.take(dataset.gallery.pids != JUNK_PID)


def _make_source(images):
    from tfreid.index.sources import Source

    return Source(images.paths, images.pids, images.camids, name="the gallery")


def _measure_way(gallery, query, images, flags, nearest):
    (retrieval,) = parse(["", *flags.split()], (RetrievalOptions,))
    retrieval = dataclasses.replace(retrieval, top_k=nearest, shortlist=nearest)
    start = time.perf_counter()
    answers = gallery.search(list(query.paths), retrieval).answers
    seconds = time.perf_counter() - start
    scores = [
        score_matches(answer.matches, pid, camid, images)
        for answer, pid, camid in zip(answers, query.pids, query.camids)
    ]
    precision, first = 100 * np.mean([score for score in scores if score is not None], axis=0)
    return {
        "mAP": round(float(precision), 2),
        "rank1": round(float(first), 2),
        "seconds_per_query": round(seconds / len(query), 4),
    }


def score_matches(matches, pid, camid, images):
    """Returns (average precision, whether the first is right) of a query's matches.

    Args:
      matches: `Match`es, best first.
      pid: the query's identity.
      camid: its camera, whose images of it do not count.
      images: `Split` of all that there is to find.

    Returns:
      Two floats in [0, 1], or None where there is nothing to find.
    """
    count = np.sum((images.pids == pid) & (images.camids != camid))
    if not count:
        return None
    right = [m.pid == pid for m in matches if (m.pid, m.camid) != (pid, camid)]
    ranks = np.flatnonzero(right) + 1
    precision = np.sum(np.arange(1, len(ranks) + 1) / ranks) / count
    return float(precision), float(right[:1] == [True])
