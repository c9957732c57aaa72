"""Tidying: what is rewritten, and when."""

import os

import numpy as np
import pytest

from tests.index.items_test import make_items
from tests.index.writer_test import MODEL, describe
from tfreid.index import tidying
from tfreid.index.snapshot import VECTORS
from tfreid.index.writer import open_writer


def make_index(folder, counts, removed=()):
    with open_writer(folder, MODEL) as writer:
        for count in counts:
            first = writer.manifest.next_id
            vectors = np.arange(first, first + count, dtype=np.float32)[:, None]
            writer.add(make_items(count, start=first), {VECTORS: vectors})
        writer.remove(removed)


def tidy(folder):
    """Returns the rows of the segments afterwards; the images must be the same as before."""
    before = describe(folder)
    with open_writer(folder) as writer:
        tidying.tidy(writer)
        rows = [entry["rows"] for entry in writer.manifest.segments]
    assert describe(folder) == before
    return rows


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tidying, "ROWS", 8)
    monkeypatch.setattr(tidying, "_SMALL_SEGMENTS", 4)
    return str(tmp_path / "index")


def test_few_small_segments_stay(folder):
    make_index(folder, [1, 2, 3])
    assert tidy(folder) == [1, 2, 3]


def test_many_small_segments_become_few_and_full_ones_stay(folder):
    make_index(folder, [8, 1, 2, 3, 1, 8, 3])
    names = os.listdir(os.path.join(folder, "segments"))
    assert tidy(folder) == [8, 7, 8, 3]
    kept = set(names) & set(os.listdir(os.path.join(folder, "segments")))
    assert kept == {"000001", "000006", "000007"}


def test_a_segment_of_which_more_than_a_quarter_was_removed_is_rewritten_without_it(folder):
    make_index(folder, [8, 8], removed=[1, 2, 9, 10, 11])
    assert tidy(folder) == [8, 5]
    with open_writer(folder) as writer:
        assert writer.manifest.removed["count"] == 2  # of the first segment


def test_a_segment_of_which_nothing_is_left_goes(folder):
    make_index(folder, [2, 3], removed=[1, 2])
    assert tidy(folder) == [3]
    with open_writer(folder) as writer:
        assert writer.manifest.removed is None
    assert os.listdir(os.path.join(folder, "segments")) == ["000002"]
    assert not [name for name in os.listdir(folder) if name.startswith("removed-")]


def test_an_index_of_which_nothing_is_left_goes_on(folder):
    make_index(folder, [2], removed=[1, 2])
    assert tidy(folder) == []
    make_index(folder, [1])
    assert [pair[0] for pair in describe(folder)] == [3]


def test_large_features_make_segments_of_fewer_images():
    vectors = {"vectors": {"dtype": "<f4", "shape": [1536]}}
    assert tidying.count_bytes(vectors) == 6144 and tidying.limit_rows(vectors) == 4096
    memories = {"keys": {"dtype": "<f2", "shape": [8, 98, 64]}}
    assert tidying.limit_rows(memories) == 2**28 // (2 * 8 * 98 * 64) == 2674
