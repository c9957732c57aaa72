"""Approximate indexes: made of stored vectors, kept, and true to what comes and goes."""

import os

import numpy as np
import pytest

from tests.index.items_test import make_items
from tests.index.vectors_test import find_by_hand, make_snapshot
from tfreid.errors import InputError
from tfreid.index import approximate
from tfreid.index.approximate import HNSW, IVF, choose_lists, open_approximate
from tfreid.index.snapshot import VECTORS, read_snapshot
from tfreid.index.writer import open_writer


@pytest.fixture
def vectors(rng):
    centers = rng.standard_normal((40, 8)) * 4
    return (centers[np.arange(1200) % 40] + rng.standard_normal((1200, 8))).astype(np.float32)


@pytest.fixture
def folder(tmp_path, vectors):
    make_snapshot(tmp_path / "i", vectors)
    return str(tmp_path / "i")


def change(folder, new=(), removed=()):
    with open_writer(folder) as writer:
        if len(new):
            items = make_items(len(new), start=writer.manifest.next_id)
            writer.add(items, {VECTORS: np.asarray(new, np.float32)})
        writer.remove(removed)
    return read_snapshot(folder)


def count_making(monkeypatch):
    made, make = [], approximate.make_index
    monkeypatch.setattr(
        approximate, "make_index", lambda *args: (made.append(args[1]), make(*args))[1]
    )
    return made


@pytest.mark.parametrize("kind", [IVF, HNSW])
def test_most_of_the_nearest_are_found_and_the_index_is_kept(folder, vectors, kind, monkeypatch):
    made = count_making(monkeypatch)
    snapshot = read_snapshot(folder)
    queries = vectors[::60] + 0.1
    expected = find_by_hand(snapshot, vectors, queries, 10)
    for _ in range(2):
        found = open_approximate(read_snapshot(folder), kind, 64).find(queries, 10)
        hits = [len(set(a) & set(b)) for a, b in zip(found, expected)]
        assert np.mean(hits) > 9
    assert made == [kind]
    entry = read_snapshot(folder).manifest.approximate[kind]
    assert set(entry["bytes"]) == {"index.faiss", "ids"}


@pytest.mark.parametrize("kind", [IVF, HNSW])
def test_a_little_that_comes_and_goes_is_minded_without_making_it_anew(
    folder, vectors, kind, monkeypatch
):
    open_approximate(read_snapshot(folder), kind, 64)
    made = count_making(monkeypatch)
    snapshot = change(folder, new=vectors[:3] + 0.001, removed=[1, 2])
    found = open_approximate(snapshot, kind, 64).find(vectors[:3], 2)
    rows = [set(row[row >= 0].tolist()) for row in found]
    assert all(1200 + number in row for number, row in enumerate(rows))
    assert 2 in rows[2]  # still there
    assert not {0, 1} & set().union(*rows)
    assert not made


@pytest.mark.parametrize("kind", [IVF, HNSW])
def test_when_much_has_changed_it_is_made_anew_of_the_stored_vectors(
    folder, vectors, kind, monkeypatch
):
    open_approximate(read_snapshot(folder), kind, 64)
    old = read_snapshot(folder).manifest.approximate[kind]["name"]
    made = count_making(monkeypatch)
    snapshot = change(folder, removed=range(1, 151))
    open_approximate(snapshot, kind, 64)
    assert made == [kind]
    names = os.listdir(os.path.join(folder, "approximate"))
    assert len(names) == 1 and old not in names


@pytest.mark.parametrize("name", ["index.faiss", "ids"])
def test_one_that_is_cut_off_is_made_anew(folder, name, monkeypatch):
    open_approximate(read_snapshot(folder), "hnsw", 64)
    entry = read_snapshot(folder).manifest.approximate["hnsw"]["name"]
    os.truncate(os.path.join(folder, "approximate", entry, name), 40)
    made = count_making(monkeypatch)
    open_approximate(read_snapshot(folder), "hnsw", 64)
    assert made == ["hnsw"]


def test_too_few_vectors_for_lists_are_one_line(tmp_path, vectors):
    snapshot = make_snapshot(tmp_path / "few", vectors[:999])
    with pytest.raises(InputError, match="--vector_index=ivf: needs at least 1,000 images, .* 999"):
        open_approximate(snapshot, "ivf", 8)


def test_one_that_cannot_be_kept_serves_this_search(folder, vectors, monkeypatch):
    def refuse(index, path):
        raise RuntimeError("Error: write error in x: 1 != 2 (No space left on device)")

    monkeypatch.setattr(approximate.faiss, "write_index", refuse)
    found = open_approximate(read_snapshot(folder), "ivf", 64).find(vectors[:1], 1)
    assert found[0, 0] == 0
    assert not read_snapshot(folder).manifest.approximate
    assert os.listdir(os.path.join(folder, "approximate")) == []


def test_lists_grow_with_the_square_root_but_never_starve():
    """2 sqrt(1e6) = 2000; of 1,000 vectors 39 for each list leave 25."""
    assert choose_lists(1_000_000) == 2000 and choose_lists(1000) == 25 and choose_lists(10) == 1
