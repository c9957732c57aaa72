"""The database file: old or new and never half, no link followed, a full disk freed."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time

import numpy as np
import pytest

from tests.index.store_test import MODEL, add, make_images, make_store
from tfreid.errors import InputError
from tfreid.index import database, log
from tfreid.index.refusals import DiskFullError
from tfreid.index.rows import VECTORS
from tfreid.index.store import Store
from tfreid.index.vectors import Vectors

# Adds 16 images in each change, as fast as it can, and removes the second of each.
WRITER = """
import sys
import numpy as np
from tests.index.store_test import add
from tfreid.index import log
from tfreid.index.store import Store
log._LEAST = 0  # pages: however small a change is, its log is moved beside the next one
store = Store(sys.argv[1])
with store.held():
    for start in range(int(sys.argv[2]), 10**9, 16):
        images, _ = add(store, np.full((16, 24), start, np.float32), start)
        with store.write() as change:
            change.remove([images[1].id])
        if start % 64 == 0:
            store.shrink()
        print(start, flush=True)
"""


@pytest.fixture
def vectors(rng):
    return rng.standard_normal((40, 24)).astype(np.float32)


def start_writer(repository, store, start):
    command = [sys.executable, "-c", WRITER, store.folder, str(start)]
    return subprocess.Popen(command, cwd=repository, stdout=subprocess.PIPE, text=True)


def read_whole(store):
    """Returns the paths, after everything was checked."""
    with store.read() as view:
        images = view.list_images()
        for ids, vectors in view.scan_vectors():
            assert len(ids) == len(vectors)
        view.read_features([image.id for image in images])
    return [image.path for image in images]


def test_whoever_is_killed_leaves_the_state_before_or_after(tmp_path, vectors, repository):
    store = make_store(tmp_path / "i", vectors)
    for number in range(6):
        start = 10**5 * (number + 1)
        with start_writer(repository, store, start) as process:
            first = process.stdout.readline()
            time.sleep(0.01 * number)
            process.send_signal(signal.SIGKILL)
            done = [int(line) for line in [first, *process.stdout]]
        paths = set(read_whole(store))
        assert {f"/p/{row}.jpg" for row in range(40)} <= paths
        for begin in done:  # what was told is there, 15 of each 16
            assert len(paths & {f"/p/{begin + row}.jpg" for row in range(16)}) == 15
        begin = done[-1] + 16  # the change that the kill met
        assert len(paths & {f"/p/{begin + row}.jpg" for row in range(16)}) in (0, 15, 16)


def test_two_writers_and_a_reader_do_not_disturb_each_other(tmp_path, vectors, repository):
    store = make_store(tmp_path / "i", vectors)
    writers = [start_writer(repository, store, start) for start in (10**4, 10**6)]
    for writer in writers:
        writer.stdout.readline()
    for _ in range(40):
        assert len(read_whole(store)) >= 40
    for writer in writers:
        writer.terminate()
        assert writer.wait() == -signal.SIGTERM
        writer.stdout.close()


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm", "-journal"])
def test_links_are_not_followed(tmp_path, vectors, suffix):
    store = make_store(tmp_path / "i", vectors)
    outside = tmp_path / "outside"
    outside.write_bytes(b"precious")
    if suffix == "":
        os.remove(store.path)
    os.symlink(outside, store.path + suffix)
    for use in (store.read, store.write):
        with pytest.raises(InputError, match=f"gallery.db{suffix}: is a link"), use():
            pass
    assert outside.read_bytes() == b"precious"


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm", "-journal"])
def test_nothing_is_written_through_a_second_name(tmp_path, vectors, suffix):
    store, other = make_store(tmp_path / "i", vectors), tmp_path / "other"
    if suffix:
        other.write_bytes(b"precious")
        os.link(other, store.path + suffix)
    else:
        os.link(store.path, other)
        assert len(read_whole(store)) == 40
    before = other.read_bytes()
    for use in (store.write, store.held, *([store.read] if suffix else [])):
        with pytest.raises(InputError, match=f"gallery.db{suffix}: has a second name"), use():
            pass
    assert other.read_bytes() == before


def test_the_name_that_whoever_made_it_has_left_is_no_second_one(tmp_path, vectors):
    store = make_store(tmp_path / "i", vectors)
    os.link(store.path, f"{store.path}.7-7.tmp")
    add(store, vectors[:1], 50)
    assert len(read_whole(store)) == 41


def test_a_folder_whose_name_is_no_utf_8_will_do(tmp_path, vectors):
    store = make_store(tmp_path / "i\udcff#?%20", vectors)
    assert len(read_whole(store)) == 40
    with store.read() as view:
        opened = Vectors(store.folder, "hnsw", 64)
        opened.refresh(view)
        assert 1 in opened.find(vectors[:1], 3)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["notes.txt"], "holds no index, but notes.txt"),
        (["manifest.json", "segments"], "an index of an older format; add its images to a new one"),
        (["reserve", "ivf.derived"], "gallery.db: missing; bring it back"),
    ],
)
def test_a_folder_of_something_else_is_refused(tmp_path, names, message):
    for name in names:
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(InputError, match=message):
        Store(str(tmp_path)).create(MODEL)
    assert sorted(os.listdir(tmp_path)) == sorted(names)


def test_a_file_system_without_hard_links_will_do(tmp_path, vectors, monkeypatch):
    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    assert len(read_whole(make_store(tmp_path / "i", vectors))) == 40


def test_a_file_in_place_of_the_folder_is_one_line(tmp_path):
    (tmp_path / "i").write_bytes(b"")
    with pytest.raises(InputError, match="a file; give a folder"):
        Store(str(tmp_path / "i")).create(MODEL)


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_that_is_no_database_is_one_line(tmp_path, vectors, content):
    store = make_store(tmp_path / "i", vectors)
    with open(store.path, "wb") as file:
        file.write(content)
    for use in (store.read, store.write):
        with pytest.raises(InputError, match="gallery.db: damaged"), use():
            pass


def test_a_damaged_or_missing_log_is_told_not_an_older_state_shown(tmp_path, vectors, rng):
    """SQLite takes a log with a flipped bit for one that ends there."""
    store, copy = make_store(tmp_path / "i", vectors), Store(str(tmp_path / "copy"))
    os.mkdir(copy.folder)
    with store.held():
        for start in (100, 200):
            add(store, vectors, start)
        names = ("gallery.db", "gallery.db-wal", "reserve")
        files = {name: (tmp_path / "i" / name).read_bytes() for name in names}

    def read_copy(place=None):
        """What is read where a kill left these files, with a flipped bit of the log or without."""
        for name, content in files.items():
            (tmp_path / "copy" / name).write_bytes(content)
        if place is None:
            os.remove(f"{copy.path}-wal")
        else:
            with open(f"{copy.path}-wal", "r+b") as log:
                log.seek(place)
                log.write(bytes([files["gallery.db-wal"][place] ^ 8]))
        return read_whole(copy)

    paths, told = read_whole(store), 0
    for place in rng.integers(0, len(files["gallery.db-wal"]), 20).tolist():
        try:
            assert read_copy(place) == paths
        except InputError as error:
            assert "changes are missing" in str(error)
            told += 1
    with pytest.raises(InputError, match="the last 2 of 3 changes are missing"):
        read_copy()
    copy.reserve.remove()
    assert told > 10 and len(read_whole(copy)) == 40


@pytest.mark.parametrize("name", ["held", "read", "write"])
def test_what_else_fails_meanwhile_is_not_laid_at_the_databases_door(tmp_path, vectors, name):
    store = make_store(tmp_path / "i", vectors)
    with pytest.raises(FileNotFoundError, match="photo"), getattr(store, name)():
        raise FileNotFoundError("photo")


def test_a_log_that_is_held_serves_several_changes(tmp_path, vectors):
    store = make_store(tmp_path / "i", vectors)
    with store.held():
        for start in (100, 200):
            add(store, vectors, start)
            assert os.path.getsize(f"{store.path}-wal") > vectors.nbytes
    assert not os.path.exists(f"{store.path}-wal") and len(read_whole(store)) == 120


def test_a_log_is_moved_beside_the_next_change_and_is_then_written_from_its_beginning(
    tmp_path, rng
):
    vectors = rng.random((400, 1536), np.float32)
    store = make_store(tmp_path / "i", vectors)
    with store.held():
        for start in (1000, 2000, 3000):
            add(store, vectors, start)
        assert os.path.getsize(f"{store.path}-wal") < 1.2 * vectors.nbytes
        assert os.path.getsize(store.path) > 3 * vectors.nbytes
    assert len(read_whole(store)) == 1600


def test_an_index_of_an_older_format_is_one_line(tmp_path, vectors):
    store = make_store(tmp_path / "i", vectors)
    with contextlib.closing(sqlite3.connect(store.path)) as connection:
        connection.execute("PRAGMA application_id=0")
        connection.execute("PRAGMA user_version=2")
    with pytest.raises(InputError, match="an index of an older format"), store.read():
        pass


def test_what_was_removed_leaves_the_disk(tmp_path, vectors):
    secret = np.full((1, 24), 1234.5, np.float32)
    store = make_store(tmp_path / "i", np.concatenate([vectors, secret]))
    with store.write() as change:
        change.remove([41])
    assert store.shrink()
    for name in os.listdir(store.folder):
        with open(os.path.join(store.folder, name), "rb") as file:
            content = file.read()
        assert secret.tobytes() not in content and b"/p/40.jpg" not in content


def test_space_is_given_back_when_no_search_reads_any_more(tmp_path, rng):
    store = make_store(tmp_path / "i", rng.standard_normal((500, 4000)).astype(np.float32))
    size = os.path.getsize(store.path)
    with store.read():
        with store.write() as change:
            change.remove(range(1, 401))
        assert not _shrink_at_once(store)
    assert store.shrink() and os.path.getsize(store.path) < 0.3 * size
    with store.read() as view:
        assert view.state.images == 100 and len(view.read_features([500])[VECTORS]) == 1


def _shrink_at_once(store):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log, "PATIENCE", 0)
        return store.shrink()


def test_a_full_disk_is_one_line_and_leaves_what_was_there(tmp_path, vectors):
    """SQLite's own limit of pages stands for the disk's end: it refuses alike."""
    store = make_store(tmp_path / "i", vectors)
    with pytest.raises(DiskFullError, match="cannot be written .*is full"), store.write() as change:
        change._tables.connection.execute("PRAGMA max_page_count=1")
        for start in range(1000, 9000, 40):
            change.add(make_images(len(vectors), start), {VECTORS: vectors})
    assert len(read_whole(store)) == 40


def test_a_new_database_that_the_disk_has_no_room_for_leaves_nothing(tmp_path, monkeypatch):
    """Its log has room, and the file that the log is moved to has not."""

    def refuse(connection):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(database, "empty_log", refuse)
    with pytest.raises(DiskFullError, match="cannot be written .*is full"):
        make_store(tmp_path / "i", np.ones((3, 24), np.float32))
    assert not os.listdir(tmp_path)


def test_a_change_is_on_disk_before_it_counts_and_what_goes_is_overwritten(tmp_path, vectors):
    """SQLite's 2 is FULL of the one, and FAST of the other."""
    store = make_store(tmp_path / "i", vectors)
    with store.write() as change:
        for setting in ("synchronous", "secure_delete"):
            assert change._tables.connection.execute(f"PRAGMA {setting}").fetchone() == (2,)
