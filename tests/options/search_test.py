"""Options of the search."""

import pytest

from tfreid.errors import InputError
from tfreid.options.search import VECTOR_INDEXES, RetrievalOptions, SearchOptions


@pytest.mark.parametrize("action", ["add", "query", "calibrate"])
def test_one_action_is_found_and_needs_a_model(action):
    options = SearchOptions(workdir="w", index="i", **{action: "x"})
    assert options.find_action() == action
    with pytest.raises(InputError, match="`workdir` is empty: give the folder of a training run"):
        SearchOptions(index="i", **{action: "x"}).find_action()


def test_removing_needs_no_model():
    assert SearchOptions(index="i", remove="3").find_action() == "remove"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"add": "x", "query": "y"}, "add=x and query=y: give one of them at a time"),
        ({"add": "x", "out": "o.html"}, "out=o.html: goes with `query` or `calibrate` only"),
        ({"batch_size": 0}, "batch_size=0: must be at least 1"),
    ],
)
def test_contradictions_are_told(values, message):
    with pytest.raises(InputError, match=message):
        SearchOptions(index="i", workdir="w", **values)


def test_no_index_and_no_action_are_told():
    with pytest.raises(InputError, match="`index` is empty"):
        SearchOptions(workdir="w", add="x").find_action()
    with pytest.raises(InputError, match="one of `add`, `query`, `remove`, `prune`, `calibrate`"):
        SearchOptions(workdir="w", index="i").find_action()


def test_folders_become_absolute_but_what_users_list_does_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = SearchOptions(workdir="w", index="i", query="a.jpg,b.jpg", out="o.json")
    absolute = options.with_absolute_paths()
    assert absolute.index == str(tmp_path / "i") and absolute.out == str(tmp_path / "o.json")
    assert absolute.query == "a.jpg,b.jpg"


@pytest.mark.parametrize("kind", VECTOR_INDEXES)
def test_every_kind_of_vector_index_may_be_named(kind):
    assert RetrievalOptions(vector_index=kind).list_facts()["vector_index"] == kind


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"vector_index": "lsh"}, "vector_index=lsh: allowed values are flat, ivf, hnsw"),
        ({"top_k": 0}, "top_k=0: must be at least 1"),
        ({"max_false_accepts": 51.0}, "max_false_accepts=51.0: must be at most 50"),
        ({"expand_alpha": 1.0}, "expand_alpha=1.0 goes with expand_neighbors=N"),
        ({"rerank": True, "shortlist": 2001}, "shortlist=2001: at most 2000 images are re-ran"),
        ({"rerank_lambda": 1.5}, "rerank_lambda=1.5: must be at most 1"),
    ],
)
def test_wrong_values_are_told(values, message):
    with pytest.raises(InputError, match=message):
        RetrievalOptions(**values)
