"""The nearest vectors: exact where that is promised, and true to what comes and goes."""

import os

import numpy as np
import pytest

from tests.index.store_test import add, make_store
from tfreid.errors import InputError
from tfreid.index import derived, vector_index
from tfreid.index import vectors as vectors_module
from tfreid.index.comparing import measure
from tfreid.index.vector_index import FLAT, HNSW, IVF, KINDS, choose_lists
from tfreid.index.vectors import Vectors


@pytest.fixture
def vectors(rng):
    centers = rng.standard_normal((40, 8)) * 4
    return (centers[np.arange(1200) % 40] + rng.standard_normal((1200, 8))).astype(np.float32)


@pytest.fixture
def store(tmp_path, vectors):
    return make_store(tmp_path / "i", vectors)


@pytest.fixture
def mapped(monkeypatch):
    """Even few vectors are searched in a memory-mapped file."""
    monkeypatch.setattr(vector_index, "BYTES_IN_MEMORY", 0)


def open_vectors(store, kind):
    with store.read() as view:
        opened = Vectors(store.folder, kind, 64)
        opened.refresh(view)
    return opened


def find_by_hand(vectors, query, count):
    return set((np.argsort(np.linalg.norm(vectors - query, axis=1))[:count] + 1).tolist())


def count_making(monkeypatch):
    made, make = [], vector_index.make_vector_index

    def note(folder, view, kind):
        made.append(kind)
        return make(folder, view, kind)

    for module in (vector_index, vectors_module):
        monkeypatch.setattr(module, "make_vector_index", note)
    return made


def remove(store, ids):
    with store.write() as change:
        change.remove(ids)


@pytest.mark.parametrize("in_file", [False, True])
def test_flat_search_is_exact_whatever_came_and_went(store, vectors, request, in_file):
    if in_file:
        request.getfixturevalue("mapped")
    opened = open_vectors(store, FLAT)
    gone = [*find_by_hand(vectors, vectors[0], 30), 7]  # all that is near
    remove(store, gone)
    add(store, vectors[:5] + 9, start=5000)
    with store.read() as view:
        opened.refresh(view)
        ids = view.list_ids()[0]
        every = view.read_features(ids)["vectors"]
    for query in (vectors[:1], vectors[3:4] + 9, vectors[600:601]):
        expected = ids[np.argsort(np.linalg.norm(every - query, axis=1))[:12]]
        assert set(expected.tolist()) <= set(opened.find(query, 12).tolist()) <= set(ids.tolist())
    assert set(opened.find(vectors[:1], 9999).tolist()) == set(ids.tolist())


@pytest.mark.parametrize("kind", [IVF, HNSW])
def test_most_of_the_nearest_are_found_and_the_file_is_kept(store, vectors, kind, monkeypatch):
    made = count_making(monkeypatch)
    for _ in range(2):
        opened = open_vectors(store, kind)
        hits = [
            len(find_by_hand(vectors, query, 10) & set(opened.find(query[None], 10).tolist()))
            for query in vectors[::60] + np.float32(0.1)
        ]
        assert np.mean(hits) > 9
    assert made == [kind] and f"{kind}.derived" in os.listdir(store.folder)


@pytest.mark.parametrize("kind", KINDS)
def test_a_little_is_minded_beside_it_and_much_makes_it_anew(
    store, vectors, kind, monkeypatch, mapped
):
    open_vectors(store, kind)
    made = count_making(monkeypatch)
    remove(store, [1, 2])
    add(store, vectors[:3] + np.float32(0.001), start=5000)
    opened = open_vectors(store, kind)
    found = [set(opened.find(vectors[row : row + 1], 2).tolist()) for row in range(3)]
    assert all(1201 + row in ids for row, ids in enumerate(found)) and 3 in found[2]
    assert not {1, 2} & set().union(*found) and not made
    remove(store, range(3, 150))
    open_vectors(store, kind)
    assert made == [kind]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", [0.001, 0.3, 0.7, 0.999])
def test_a_derived_file_with_a_flipped_bit_is_made_anew(
    store, vectors, kind, place, monkeypatch, mapped
):
    open_vectors(store, kind)
    path = os.path.join(store.folder, f"{kind}.derived")
    with open(path, "r+b") as file:
        file.seek(int(place * os.path.getsize(path)))
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 4]))
    made = count_making(monkeypatch)
    with store.read() as view:
        opened = Vectors(store.folder, kind, 64)
        opened.refresh(view)
        for _ in range(2):
            assert 1 in opened.find(vectors[:1], 5)
    assert made == [kind]


@pytest.mark.parametrize("kind", KINDS)
def test_one_that_is_cut_off_or_a_link_is_made_anew(store, tmp_path, kind, monkeypatch, mapped):
    open_vectors(store, kind)
    path = os.path.join(store.folder, f"{kind}.derived")
    made = count_making(monkeypatch)
    os.truncate(path, 50)
    open_vectors(store, kind)
    outside = tmp_path / "outside"
    os.rename(path, outside)
    content = outside.read_bytes()
    os.symlink(outside, path)
    open_vectors(store, kind)
    assert made == [kind, kind] and outside.read_bytes() == content and not os.path.islink(path)


def test_a_derived_file_of_another_state_of_the_index_is_not_trusted(store, vectors, mapped, rng):
    """The database was brought back from a copy; other images have the same ids."""
    other = make_store(os.path.join(store.folder, "other"), rng.permutation(vectors))
    open_vectors(store, FLAT)
    os.rename(f"{store.folder}/flat.derived", f"{other.folder}/flat.derived")
    opened = open_vectors(other, FLAT)
    with other.read() as view:
        own = view.read_features([77])["vectors"]
    assert 77 in opened.find(own, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_one_that_is_replaced_while_it_is_opened_is_read_as_it_was(
    store, vectors, kind, monkeypatch, mapped
):
    """Another process makes it anew, from other images, between two reads of the file."""
    open_vectors(store, kind)
    sum_blocks = derived._sum_blocks

    def replace(file, size):
        monkeypatch.setattr(derived, "_sum_blocks", sum_blocks)
        remove(store, range(1, 400))
        with store.read() as view:
            vector_index.make_vector_index(store.folder, view, kind)
        return sum_blocks(file, size)

    with store.read() as view:
        opened = Vectors(store.folder, kind, 64)
        monkeypatch.setattr(derived, "_sum_blocks", replace)
        opened.refresh(view)
        assert 1 in opened.find(vectors[:1], 5) and 500 in opened.find(vectors[499:500], 5)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_removed_while_a_derived_file_is_made_is_not_left_in_it(
    store, vectors, kind, mapped
):
    opened = Vectors(store.folder, kind, 64)
    with store.read() as view:
        remove(store, [1])
        opened.refresh(view)
        assert 1 in opened.find(vectors[:1], 5)
    assert f"{kind}.derived" not in os.listdir(store.folder)


@pytest.mark.parametrize("kind", KINDS)
def test_one_that_cannot_be_kept_serves_this_search(store, vectors, kind, monkeypatch, mapped):
    def refuse(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(vector_index, "write_derived", refuse)
    assert 1 in open_vectors(store, kind).find(vectors[:1], 1)
    assert f"{kind}.derived" not in os.listdir(store.folder)


def test_too_few_vectors_for_lists_are_one_line(tmp_path, vectors):
    few = make_store(tmp_path / "few", vectors[:999])
    with pytest.raises(InputError, match="vector_index=ivf: needs at least 1,000 images, .* 999"):
        open_vectors(few, IVF)


def test_lists_grow_with_the_square_root_but_never_starve():
    """2 sqrt(1e6) = 2000; of 1,000 vectors 39 for each list leave 25."""
    assert choose_lists(1_000_000) == 2000 and choose_lists(1000) == 25 and choose_lists(10) == 1


def test_distances_do_not_cancel_far_from_the_origin():
    near = np.float32([[4096, 4096]])
    assert measure(near, near + np.float32([[0.5, 0]]))[0, 0] == 0.5
