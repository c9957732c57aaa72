"""Exact search: what faiss finds is what numpy finds."""

import numpy as np
import pytest

from tests.index.items_test import make_items
from tests.index.writer_test import MODEL
from tfreid.index import vectors as vectors_module
from tfreid.index.snapshot import VECTORS, read_snapshot
from tfreid.index.vectors import FlatVectors, measure
from tfreid.index.writer import open_writer


def make_snapshot(folder, vectors, segments=3, removed=()):
    with open_writer(str(folder), MODEL) as writer:
        for part in np.array_split(vectors, segments):
            first = writer.manifest.next_id
            writer.add(make_items(len(part), start=first), {VECTORS: part.astype(np.float32)})
        writer.remove(removed)
    return read_snapshot(str(folder))


def find_by_hand(snapshot, vectors, queries, count):
    distances = np.linalg.norm(vectors[None, snapshot.live] - queries[:, None], axis=2)
    return snapshot.live[np.argsort(distances, axis=1)[:, :count]]


@pytest.mark.parametrize("queries", [1, 3, 40])
def test_the_nearest_live_images_are_found(tmp_path, rng, queries):
    vectors = rng.standard_normal((50, 7)).astype(np.float32)
    snapshot = make_snapshot(tmp_path / "i", vectors, removed=[1, 2, 20, 50])
    wanted = rng.standard_normal((queries, 7)).astype(np.float32)
    found = FlatVectors(snapshot).find(wanted, 6)
    expected = find_by_hand(snapshot, vectors, wanted, 6)
    np.testing.assert_array_equal(np.sort(found), np.sort(expected))
    assert not {0, 1, 19, 49} & set(found.ravel().tolist())


def test_no_more_are_found_than_there_are(tmp_path, rng):
    snapshot = make_snapshot(tmp_path / "i", rng.standard_normal((5, 3)), removed=[3])
    assert sorted(FlatVectors(snapshot).find(np.zeros((1, 3)), 99)[0]) == [0, 1, 3, 4]
    some = FlatVectors(snapshot, np.array([1, 4]))
    assert sorted(some.find(np.zeros((1, 3)), 99)[0]) == [1, 4]
    none = FlatVectors(snapshot, np.zeros(0, np.int64))
    assert none.find(np.zeros((2, 3)), 5).shape == (2, 0)


def test_distances_do_not_cancel():
    """Far from the origin, |q|^2 + |v|^2 - 2 q.v would be wrong in its first digit."""
    vectors = np.array([[1e4, 1e4], [1e4 + 0.01, 1e4]], np.float32)
    np.testing.assert_allclose(measure(vectors[:1], vectors), [[0, 0.0098]], atol=2e-4)
    assert vectors_module._BLOCK < 20  # faiss's own limit, beyond which it computes that way
