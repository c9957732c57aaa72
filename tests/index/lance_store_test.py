"""The store at an address; what holds for both stores is tested beside them."""

import sys
import threading

import numpy as np
import pytest

from tests.index.stand_in import ColorModel, write_colors
from tests.index.store_test import MODEL, add, make_images, make_store, read_everything
from tfreid.errors import InputError
from tfreid.index import lance_store
from tfreid.index.commands import calibrate_on
from tfreid.index.index import Index
from tfreid.index.lance_store import LanceStore
from tfreid.index.lance_tables import explain_bucket
from tfreid.index.refusals import BusyError
from tfreid.index.rows import VECTORS
from tfreid.index.sources import list_source
from tfreid.options.search import RetrievalOptions

lancedb = pytest.importorskip("lancedb")


@pytest.fixture
def place(tmp_path):
    return f"file://{tmp_path}/i"


@pytest.fixture
def store(place, rng):
    return make_store(place, rng.standard_normal((40, 6)).astype(np.float32))


def open_table(store):
    return lancedb.connect(store.folder).open_table("images")


def test_what_several_write_at_once_is_all_there_and_nothing_twice(store):
    def write(number):
        for start in range(100 + 20 * number, 120 + 20 * number, 5):
            add(LanceStore(store.folder), np.full((5, 6), start, np.float32), start)
            add(LanceStore(store.folder), np.zeros((5, 6), np.float32), 500)  # all add these

    threads = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    ids, _, images, *_, state = read_everything(store)
    assert len(ids) == state.images == 40 + 60 + 5
    assert len({image.path for image in images}) == len(images)


def test_who_holds_it_is_waited_for_and_forgotten_after_a_while(store, monkeypatch):
    monkeypatch.setattr(lance_store, "PATIENCE", 0.2)
    store._take_turn()  # and dies
    with pytest.raises(BusyError):
        add(store, np.zeros((1, 6), np.float32), 900)
    open_table(store).update(where="id = 0", values={"mtime": 0})  # long ago
    assert len(add(store, np.zeros((1, 6), np.float32), 900)[0]) == 1


def test_a_change_that_outlasted_its_turn_is_refused_before_it_is_written(store, monkeypatch):
    before = read_everything(store)
    monkeypatch.setattr(lance_store, "_LEASE", -1)
    with pytest.raises(InputError, match="longer than"), store.write() as change:
        change.add(make_images(1, 900), {VECTORS: np.zeros((1, 6), np.float32)})
    assert read_everything(store) == before


def test_of_what_was_removed_no_byte_stays(store, tmp_path):
    mark = np.arange(6, dtype=np.float32) + 0.123
    (image,), _ = add(store, mark[np.newaxis], 900)

    def find():
        files = [path for path in tmp_path.rglob("*.lance") if path.is_file()]
        return [path for path in files if mark.tobytes() in path.read_bytes()]

    assert find()
    with store.write() as change:
        change.remove([image.id])
    assert store.shrink() and not find()
    assert len(read_everything(store)[0]) == 40


@pytest.mark.parametrize(
    ("where", "values"),
    [
        ("id = 5", {"pid": "3"}),
        ("id = 7", {"digest": b"another"}),
        ("id = 0", {"state": "{}"}),
    ],
)
def test_rows_that_were_changed_behind_its_back_are_told(store, where, values):
    open_table(store).update(where=where, values=values)
    with pytest.raises(InputError, match="damaged"):
        read_everything(store)


def test_rows_that_are_gone_are_told(store):
    open_table(store).delete("id = 9")
    with pytest.raises(InputError, match="images are missing"):
        read_everything(store)


def test_approximate_search_and_calibration_leave_no_file_here(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    gallery = Index(place, ColorModel())
    paths = write_colors(tmp_path / "a", 48, people=12)
    gallery.add(tmp_path / "a")
    calibrate_on(gallery, list_source(str(tmp_path / "a"), "calibrate"), 1000)
    result = gallery.search([paths[0]], RetrievalOptions(vector_index="hnsw", max_strangers=3))
    assert result.answers[0].matches and result.threshold["same_pairs"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "i"]
    assert [path.name for path in (tmp_path / "i").iterdir()] == ["images.lance"]


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("foo://b/i", "scheme"),
        ("az://b/i", "account"),
        ("s3://b/i", "no network"),
    ],
)
def test_what_an_address_refuses_is_one_line(address, reason, monkeypatch):
    for name, value in (("ENDPOINT", "http://127.0.0.1:9"), ("ALLOW_HTTP", "true")):
        monkeypatch.setenv(f"AWS_{name}", value)
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "REGION"):
        monkeypatch.setenv(f"AWS_{name}", "a")
    monkeypatch.setitem(lance_store._OPTIONS, "client_max_retries", "0")
    with pytest.raises(InputError, match=reason) as caught:
        LanceStore(address).create(MODEL)
    assert "\n" not in str(caught.value) and address in str(caught.value)


def test_what_a_bucket_says_is_told_in_its_own_words():
    said = "Generic S3 error: status: 403, body: <Error><Message>Not for you.</Message></Error>"
    with pytest.raises(InputError, match=r"s3://b: no rights .*\(Not for you\.\);"):
        with explain_bucket("s3://b"):
            raise ValueError(said)


def test_without_the_extra_there_is_one_line(place, monkeypatch):
    monkeypatch.setitem(sys.modules, "lancedb", None)
    with pytest.raises(InputError, match=r"tfreid\[lance\]"):
        LanceStore(place).exists()
