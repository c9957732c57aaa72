"""One state of an index, read."""

import os
import threading

import numpy as np
import pytest

from tests.index.items_test import make_items
from tests.index.writer_test import MODEL
from tfreid.errors import InputError
from tfreid.index import snapshot as snapshots
from tfreid.index import tidying
from tfreid.index.snapshot import VECTORS, read_snapshot
from tfreid.index.writer import open_writer


@pytest.fixture
def folder(tmp_path):
    """Segments of 3, 2 and 4 images whose vectors are their ids; 2 and 5 are removed."""
    folder = str(tmp_path / "index")
    with open_writer(folder, MODEL) as writer:
        for count in (3, 2, 4):
            first = writer.manifest.next_id
            vectors = np.repeat(np.arange(first, first + count, dtype=np.float32)[:, None], 2, 1)
            writer.add(make_items(count, start=first), {VECTORS: vectors})
        writer.remove([5, 2])
    return folder


def test_rows_of_any_segment_are_read_in_the_order_asked_for(folder):
    snapshot = read_snapshot(folder)
    assert snapshot.items.ids.tolist() == list(range(1, 10))
    rows = snapshot.find_rows(np.array([9, 1, 6, 3, 1]))
    assert snapshot.read(VECTORS, rows)[:, 1].tolist() == [9, 1, 6, 3, 1]
    assert snapshot.read(VECTORS, []).shape == (0, 2)


def test_what_was_removed_is_not_live(folder):
    snapshot = read_snapshot(folder)
    assert len(snapshot) == 7 and snapshot.count_live().tolist() == [2, 1, 4]
    found = {row: value[0] for rows, values in snapshot.read_live(VECTORS)
             for row, value in zip(rows, values)}  # fmt: skip
    assert found == {0: 1, 2: 3, 3: 4, 5: 6, 6: 7, 7: 8, 8: 9}


def test_few_files_are_open_at_a_time(folder, monkeypatch):
    monkeypatch.setattr(snapshots, "_OPEN_FILES", 1)
    snapshot = read_snapshot(folder)
    assert snapshot.read(VECTORS, [0, 4, 8])[:, 0].tolist() == [1, 5, 9]
    assert len(snapshot._files) == 1


def test_a_state_that_was_read_stays_while_others_write(folder):
    snapshot = read_snapshot(folder)
    with open_writer(folder) as writer:
        writer.remove([1])
    assert len(snapshot) == 7 and len(read_snapshot(folder)) == 6
    assert snapshot.read(VECTORS, [0])[0, 0] == 1


def test_a_missing_file_is_named(folder):
    os.remove(os.path.join(folder, "segments", "000002", "items.json"))
    with pytest.raises(InputError, match="000002/items.json: missing; bring it back"):
        read_snapshot(folder)


def test_a_segment_that_vanishes_between_two_reads_is_looked_for_in_the_new_state(
    folder, monkeypatch
):
    """Another process merges the segments after this one has read the manifest."""
    old = read_snapshot(folder).manifest
    with open_writer(folder) as writer:
        whole = read_snapshot(folder)
        content = (whole.items.take(whole.live), {VECTORS: whole.read(VECTORS, whole.live)})
        writer.rewrite([(3, content)])
    states = [old]
    monkeypatch.setattr(
        snapshots, "read_manifest", lambda path: states.pop() if states else writer.manifest
    )
    assert read_snapshot(folder).manifest == writer.manifest
    assert len(read_snapshot(folder)) == 7


def test_features_that_vanish_during_a_search_are_one_line(folder):
    snapshot = read_snapshot(folder)
    os.remove(os.path.join(folder, "segments", "000003", "vectors.npy"))
    with pytest.raises(InputError, match="vectors.npy: gone, .* give the command again"):
        snapshot.read(VECTORS, [8])


def test_a_cut_list_of_removed_images_is_named(folder):
    (name,) = [name for name in os.listdir(folder) if name.startswith("removed-")]
    os.truncate(os.path.join(folder, name), 8)
    with pytest.raises(InputError, match=rf"{name}: damaged or cut off \(8 bytes, 16 are"):
        read_snapshot(folder)


def test_readers_see_whole_states_while_a_writer_adds_removes_and_merges(folder, monkeypatch):
    monkeypatch.setattr(tidying, "_SMALL_SEGMENTS", 2)
    failures = []

    def write():
        try:
            for _ in range(12):
                with open_writer(folder) as writer:
                    first = writer.manifest.next_id
                    ids = np.arange(first, first + 2, dtype=np.float32)
                    vectors = np.repeat(ids[:, None], 2, axis=1)
                    writer.add(make_items(2, start=first), {VECTORS: vectors})
                    writer.remove([first])
                    tidying.tidy(writer)
        except Exception as error:
            failures.append(error)

    thread = threading.Thread(target=write)
    thread.start()
    states = 0
    while thread.is_alive():
        snapshot = read_snapshot(folder)
        try:
            vectors = snapshot.read(VECTORS, snapshot.live)
        except InputError as error:
            assert "another process tidied the index meanwhile" in str(error)
            continue
        np.testing.assert_array_equal(vectors[:, 0], snapshot.items.ids[snapshot.live])
        states += 1
    thread.join()
    assert not failures and states > 3
    assert len(read_snapshot(folder)) == 7 + 12
