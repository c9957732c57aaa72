"""The store: what is written is read again, and damage is told before it becomes an answer."""

import os
import sqlite3

import numpy as np
import pytest

from tfreid.errors import InputError
from tfreid.index.rows import KEYS, VALUES, VECTORS, Image
from tfreid.index.stores import open_store

MODEL = {"system": "sona_net", "fingerprint": "f", "name": "n"}


def make_images(count, start=0):
    return [
        Image(0, f"/p/{number}.jpg", number, None, 10, 20, number.to_bytes(16, "little"))
        for number in range(start, start + count)
    ]


def make_store(place, vectors, **columns):
    store = open_store(str(place))
    store.create(MODEL)
    add(store, vectors, **columns)
    return store


def add(store, vectors, start=0, **columns):
    with store.write() as change:
        return change.add(make_images(len(vectors), start), {VECTORS: vectors, **columns})


@pytest.fixture
def vectors(rng):
    return rng.standard_normal((300, 24)).astype(np.float32)


@pytest.fixture
def any_store(place, vectors):
    return make_store(place, vectors)


@pytest.fixture
def store(tmp_path, vectors):
    return make_store(tmp_path / "i", vectors)


def test_features_come_back_to_the_bit_in_the_order_asked_for(place, vectors, rng):
    keys, values = (rng.standard_normal((300, 1, 3, 5)).astype(np.float16) for _ in range(2))
    store = make_store(place, vectors, keys=keys, values=values)
    ids = np.array([7, 300, 1])
    with store.read() as view:
        columns = view.read_features(ids, (VECTORS, KEYS, VALUES))
        for name, expected in ((VECTORS, vectors), (KEYS, keys), (VALUES, values)):
            np.testing.assert_array_equal(columns[name], expected[ids - 1])
        twice, none = view.read_features([7, 1, 7])[VECTORS], view.read_features([])[VECTORS]
        parts = list(view.scan_vectors())
    np.testing.assert_array_equal(twice, vectors[[6, 0, 6]])
    assert none.shape == (0, 24)
    np.testing.assert_array_equal(np.concatenate([part[1] for part in parts]), vectors)


def test_an_id_is_given_once_and_a_changed_file_takes_its_old_place(any_store, vectors):
    with any_store.write() as change:
        change.remove([300])
    assert [image.id for image in add(any_store, vectors[:1], start=500)[0]] == [301]
    changed = make_images(1, start=5)[0]._replace(mtime=21)
    with any_store.write() as change:
        added, replaced = change.add([changed], {VECTORS: vectors[:1]})
    assert replaced == 1 and added[0].id == 302
    with any_store.read() as view:
        assert 6 not in view.list_ids()[0] and view.state.images == 300


def test_the_same_image_added_by_another_process_meanwhile_keeps_its_id(any_store, vectors):
    assert add(any_store, vectors[:10])[0] == []
    with any_store.read() as view:
        np.testing.assert_array_equal(view.list_ids()[0], np.arange(1, 301))


def test_a_reader_sees_one_state_while_others_write(any_store, vectors):
    with any_store.read() as view:
        before = len(view.list_images())
        add(any_store, vectors[:5], start=900)
        assert len(view.list_images()) == before and view.state.images == before
    with any_store.read() as view:
        assert view.state.images == before + 5


def test_a_change_that_fails_leaves_nothing(any_store, vectors):
    with pytest.raises(ZeroDivisionError), any_store.write() as change:
        change.add(make_images(4, start=400), {VECTORS: vectors[:4]})
        change.remove([1, 2])
        raise ZeroDivisionError
    with any_store.read() as view:
        np.testing.assert_array_equal(view.list_ids()[0], np.arange(1, 301))


def test_features_of_another_form_are_refused(any_store):
    with pytest.raises(InputError, match="the model makes"):
        add(any_store, np.zeros((1, 25), np.float32), start=900)


def test_a_person_can_read_it_with_sqlite(store):
    with sqlite3.connect(store.path) as connection:
        rows = connection.execute("select path, pid, camid from images where id < 3").fetchall()
    assert rows == [("/p/0.jpg", 0, None), ("/p/1.jpg", 1, None)]


def read_everything(store):
    """Everything that searches, additions and removals read."""
    with store.read() as view:
        ids, sums = view.list_ids()
        images = view.list_images()
        vectors = [part[1].tobytes() for part in view.scan_vectors()]
        features = view.read_features(ids)[VECTORS].tobytes()
        state = view.state
    return ids.tolist(), sums.tolist(), images, vectors, features, state


def test_one_flipped_bit_is_told_or_changes_nothing_that_is_read(store, rng):
    expected, size = read_everything(store), os.path.getsize(store.path)
    with open(store.path, "rb") as file:
        whole = file.read()
    told = 0
    for place, bit in zip(rng.integers(0, size, 120), rng.integers(0, 8, 120)):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(bit)
        with open(store.path, "wb") as file:
            file.write(damaged)
        try:
            assert read_everything(store) == expected
        except InputError as error:
            told += 1
            assert "gallery.db" in str(error) and "\n" not in str(error)
        for suffix in ("-wal", "-shm"):
            if os.path.exists(store.path + suffix):
                os.remove(store.path + suffix)
    assert told > 10


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM images WHERE id = 9",
        "UPDATE images SET pid = 3 WHERE id = 5",
        "UPDATE features SET vectors = zeroblob(96) WHERE id = 7",
    ],
)
def test_rows_that_were_changed_behind_its_back_are_told(store, change):
    with sqlite3.connect(store.path) as connection:
        connection.execute(change)
    with pytest.raises(InputError, match="gallery.db: damaged"):
        read_everything(store)
