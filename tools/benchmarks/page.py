"""Answers of the page beside the network's own time: from a photo's bytes to the cards' JSON.

    python tools/benchmark.py page --images=100000

Vectors are drawn as for the benchmark `search`, and the model gives a drawn vector at once: what
is left is HTTP on this machine, the search, the reading of its images' rows, and the log. The
pictures of the cards are fetched after them and not counted.
"""

import dataclasses
import http.client
import os
import tempfile
import threading
import time

import numpy as np

from tfreid.options.search import RetrievalOptions
from tools.benchmarks.search import SearchBenchmark, write_index

SMALL = ("--images=1200", "--dimensions=16", "--queries=5")


@dataclasses.dataclass(frozen=True)
class PageBenchmark(SearchBenchmark, images=(100_000,)):
    """Sizes of the index."""


GROUPS = (PageBenchmark,)


class _DrawnModel:
    """Embeds a "photo", the number of a query as text, as its drawn vector."""

    system, scores_pairs, fingerprint, name = "sona_net", False, "0", "benchmark"

    def __init__(self, queries):
        self._queries = queries

    def prepare(self, item, notice=None):
        return np.int64(item)

    def prepare_all(self, items, ahead):
        from tfreid.data.preparing import prepare_each  # loads TensorFlow

        return prepare_each(self.prepare, items, ahead)

    def embed_prepared(self, numbers):
        return self._queries[numbers]


def measure(options):
    """Returns the numbers of the first size."""
    count = options.images[0]
    with tempfile.TemporaryDirectory(dir=options.folder or None) as folder:
        path = os.path.join(folder, "index")
        queries, _ = write_index(options, count, path)
        seconds = _time_answers(path, queries)
    first, warm = seconds[0], np.array(seconds[1:])
    return {
        "images": count,
        "dimensions": options.dimensions,
        "first_ms": round(1e3 * first, 3),
        "median_ms": round(1e3 * float(np.median(warm)), 3),
        "p95_ms": round(1e3 * float(np.percentile(warm, 95)), 3),
    }


def _time_answers(path, queries):
    """Returns the seconds of each answer of a served page."""
    import uvicorn  # of the extra

    from tfreid.app.application import make_application
    from tfreid.app.desk import Desk
    from tfreid.app.server import listen
    from tfreid.index.index import Index

    desk = Desk(lambda: Index(path, _DrawnModel(queries)), RetrievalOptions())
    with listen("127.0.0.1", 0) as listener:
        config = uvicorn.Config(make_application(desk), log_config=None, log_level="warning")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            port = listener.getsockname()[1]
            return [_time_answer(port, str(number)) for number in range(len(queries))]
        finally:
            server.should_exit = True
            thread.join()


def _time_answer(port, photo):
    start = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("POST", "/search", photo, {"X-Tfreid": "1"})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(content)
    return time.perf_counter() - start
