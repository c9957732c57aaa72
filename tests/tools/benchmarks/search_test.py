import numpy as np
import pytest

from tfreid.gallery.snapshot import read_snapshot
from tfreid.options import parse
from tools.benchmarks import search


def test_every_kind_is_measured_in_every_size_with_its_recall():
    flags = ["", *search.SMALL, "--images=1100,1200"]
    numbers = search.measure(*parse(flags, search.GROUPS))
    assert [size["images"] for size in numbers["sizes"]] == [1100, 1200]
    for size in numbers["sizes"]:
        assert size["flat"]["recall_at_10"] == 1
        for kind in ("ivf", "hnsw"):
            assert 0.5 < size[kind]["recall_at_10"] <= 1 and size[kind]["build_seconds"] >= 0
        for kind in ("flat", "ivf", "hnsw"):
            assert 0 < size[kind]["median_ms"] <= size[kind]["p95_ms"]


@pytest.mark.parametrize("count", [3, 5000])
def test_an_index_of_the_size_asked_for_is_drawn_and_queries_are_near_their_people(tmp_path, count):
    options = search.SearchBenchmark(dimensions=64, spread=0.1, queries=4, images_per_person=2)
    queries = search._write_index(options, count, str(tmp_path / "i"))
    snapshot = read_snapshot(str(tmp_path / "i"))
    assert len(snapshot) == count and queries.shape == (4, 64)
    vectors = snapshot.read("vectors", snapshot.live)
    for query in queries:
        distances = np.linalg.norm(vectors - query, axis=1)
        assert np.sort(distances)[0] < 0.3 * np.median(distances) + 1
