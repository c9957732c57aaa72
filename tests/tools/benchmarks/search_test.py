import numpy as np
import pytest

from tfreid.errors import InputError
from tfreid.index.store import Store
from tfreid.options import parse
from tools.benchmarks import search

pytestmark = pytest.mark.usefixtures("alone_here")


def measure(*flags):
    return search.measure(*parse(["", *search.SMALL, *flags], search.GROUPS))["sizes"]


def test_every_kind_is_measured_with_its_recall():
    (numbers,) = measure()
    assert numbers["images"] == 1200 and numbers["flat"]["recall_at_10"] == 1
    for kind in ("ivf", "hnsw"):
        assert 0.5 < numbers[kind]["recall_at_10"] <= 1 and numbers[kind]["build_seconds"] >= 0
    for kind in ("flat", "ivf", "hnsw"):
        assert 0 < numbers[kind]["median_ms"] <= numbers[kind]["p95_ms"]
        assert numbers[kind]["to_faiss"] > 0


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="nowhere: no such folder; make it, or leave it out"):
        measure(f"--folder={tmp_path / 'nowhere'}")


def test_every_size_is_measured():
    assert [size["images"] for size in measure("--images=3,7", "--kinds=flat")] == [3, 7]


def test_a_graph_that_would_take_too_long_is_not_built():
    small, large = measure("--images=20,21", "--kinds=flat,hnsw", "--hnsw_images=20")
    assert small["hnsw"]["recall_at_10"] > 0.5
    assert large["hnsw"] == "not built: more images than --hnsw_images"
    assert large["flat"]["recall_at_10"] == 1


@pytest.mark.parametrize("count", [3, 5000])
def test_an_index_of_the_size_asked_for_is_drawn_and_queries_are_near_their_people(tmp_path, count):
    options = search.SearchBenchmark(dimensions=64, spread=0.1, queries=4, images_per_person=2)
    queries, _ = search.write_index(options, count, str(tmp_path / "i"))
    with Store(str(tmp_path / "i")).read() as view:
        assert view.state.images == count and queries.shape == (4, 64)
        vectors = view.read_features(view.list_ids()[0])["vectors"]
    for query in queries:
        distances = np.linalg.norm(vectors - query, axis=1)
        assert np.sort(distances)[0] < 0.3 * np.median(distances) + 1
