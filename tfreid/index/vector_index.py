"""One way to find the nearest of many vectors: compare all (flat, exact), an IVF or an HNSW index.

Each is derived from the store: what is approximate, and what is too large for the memory, is kept
in a file and read again as long as it is true.
"""

import math

import faiss
import numpy as np
from absl import logging

from tfreid.errors import InputError, shorten
from tfreid.index.derived import Derived, read_derived, remove_derived, write_derived
from tfreid.index.rows import VECTORS, sum_rows
from tfreid.index.store import Store
from tfreid.options.paths import is_address
from tfreid.progress import Progress

FLAT, IVF, HNSW = KINDS = ("flat", "ivf", "hnsw")
LEAST_VECTORS = {IVF: 1000, HNSW: 1}  # fewer make no sense of lists
BYTES_IN_MEMORY = 2**28  # of vectors; more are mapped from a file: opened four times as fast
_POINTS_PER_LIST = 39  # faiss wants as many to learn a list's center from
_MOST_POINTS_PER_LIST = 64
_NEIGHBORS = 32  # of a vector in the graph
_BUILD_DEPTH = 80  # candidates that are looked at for them
_CHECKED = 4096  # vectors that are checked, then searched while the processor has them at hand
_ROUNDS = 10  # of k-means; more move the centers, but hardly the recall


class DamagedError(Exception):
    """What is searched is not what was derived from the store."""


def search(kind, derived, vector, count, effort):
    """Returns int64[count]: positions of the nearest, -1 where none more is found.

    Args:
      kind: one of `KINDS`.
      derived: `Derived` of that kind.
      vector: float32[1, D].
      count: how many to find.
      effort: lists to look into (IVF), candidates to keep (HNSW).

    Raises:
      DamagedError: where a vector is not as it was written.
    """
    if not count:
        return np.zeros(0, np.int64)
    if kind == FLAT:
        return _search_flat(derived, vector, count)
    if kind == IVF:
        parameters = faiss.SearchParametersIVF(nprobe=effort)
    else:
        # HNSW finds no more than the candidates that it keeps, and makes room for all of them.
        candidates = min(max(effort, count), derived.content.ntotal)
        parameters = faiss.SearchParametersHNSW(efSearch=candidates)
    return derived.content.search(vector, count, params=parameters)[1][0]


def _search_flat(derived, vector, count):
    """The first search checks what it reads: a file of gigabytes is read once, not twice."""
    vectors, sums = derived.content, derived.sums
    if derived.is_checked:
        return faiss.knn(vector, vectors, count)[1][0]
    found = []
    for start in range(0, len(vectors), _CHECKED):
        part = vectors[start : start + _CHECKED]
        if np.any(sum_rows(part) != sums[start : start + _CHECKED]):
            raise DamagedError
        distances, places = faiss.knn(vector, part, min(count, len(part)))
        found.append((distances[0], places[0] + start))
    derived.is_checked = True
    distances, places = map(np.concatenate, zip(*found))
    return places[np.argsort(distances, kind="stable")[:count]]


def open_vector_index(folder, view, kind):
    """Returns the `Derived` of an index folder: from its file, or made anew from a `View`.

    Raises:
      InputError: where there are too few vectors for the kind, or a row is damaged.
    """
    return (_is_kept(folder, view, kind) and _read(folder, kind)) or make_vector_index(
        folder, view, kind
    )


def make_vector_index(folder, view, kind):
    """Returns the same, made from the store; its file is replaced."""
    made = _make(folder, view, kind)
    if is_address(folder):
        return made
    with Store(folder).read() as now:
        # Asked last: a removal deletes what is derived, but cannot wait for what is being made.
        if len(np.setdiff1d(view.list_ids()[0], now.list_ids()[0])):
            remove_derived(folder, (kind,))  # it holds what was removed while it was made
    return made


def _make(folder, view, kind):
    if kind != FLAT:
        index = make_faiss_index(view, kind)
        if _is_kept(folder, view, kind):
            _keep(folder, view, kind, lambda aside: faiss.write_index(index, aside))
        return _derive(view, index)
    if _is_kept(folder, view, FLAT):
        _keep(folder, view, FLAT, lambda aside: _write_vectors(view, aside))
        kept = _read(folder, FLAT)
        if kept:
            return kept
    return _derive(view, _read_vectors(view))


def _derive(view, content):
    return Derived(view.state.identity, *view.list_ids(), content)


def make_faiss_index(view, kind):
    """Returns a faiss index of all vectors, in the order of their ids.

    IVF has 2 sqrt(N) lists, fewer where each would have too few vectors to learn its center from;
    centers are learned from at most 64 vectors a list, drawn evenly over the index. HNSW has 32
    neighbors a vector.

    Raises:
      InputError: where there are too few vectors.
    """
    ids, (dim,) = view.list_ids()[0], view.state.columns[VECTORS]["shape"]
    if len(ids) < LEAST_VECTORS[kind]:
        raise InputError(
            f"vector_index={kind}: needs at least {LEAST_VECTORS[kind]:,} images, but the index "
            f"holds {len(ids):,}; use vector_index=flat, which is fast for so few."
        )
    if kind == HNSW:
        index = faiss.IndexHNSWFlat(dim, _NEIGHBORS)
        index.hnsw.efConstruction = _BUILD_DEPTH
    else:
        index = _train_lists(view, ids, dim)
    progress = Progress(f"Making the {kind} index", len(ids))
    for part, vectors in view.scan_vectors():
        index.add(vectors)
        progress.advance(len(part))
    return index


def _train_lists(view, ids, dim):
    lists = choose_lists(len(ids))
    index = faiss.IndexIVFFlat(faiss.IndexFlatL2(dim), dim, lists)
    points = min(len(ids), _MOST_POINTS_PER_LIST * lists)
    sample = np.linspace(0, len(ids) - 1, points).astype(int)
    index.cp.niter = _ROUNDS
    logging.info("learning the centers of %d lists.", lists)
    # From a sample: k-means looks at all points in every round.
    index.train(view.read_features(ids[sample])[VECTORS])
    return index


def choose_lists(count):
    """Returns the number of IVF lists for so many vectors."""
    return max(1, min(round(2 * math.sqrt(count)), count // _POINTS_PER_LIST))


def _is_kept(folder, view, kind):
    if is_address(folder):
        return False
    (dim,) = view.state.columns[VECTORS]["shape"]
    # 4 bytes a number.
    return kind != FLAT or 4 * dim * view.state.images > BYTES_IN_MEMORY


def _keep(folder, view, kind, write):
    try:
        write_derived(folder, kind, view, write, has_sums=kind == FLAT)
    except (OSError, RuntimeError, TypeError) as error:  # the last: faiss takes UTF-8 names only
        logging.warning("the %s index is not kept, and made anew: %s", kind, shorten(error))


def _read(folder, kind):
    return read_derived(folder, kind, _map_vectors if kind == FLAT else _read_faiss_index)


def _read_faiss_index(file, *_):
    # By the open file: its name may mean another one by now.
    return faiss.read_index(faiss.PyCallbackIOReader(file.read))


def _map_vectors(file, size, count):
    return np.memmap(file, np.float32, "r", shape=(count, size // 4 // count))


def _read_vectors(view):
    (dim,) = view.state.columns[VECTORS]["shape"]
    vectors, start = np.empty((view.state.images, dim), np.float32), 0
    for part, values in view.scan_vectors():
        vectors[start : start + len(part)] = values
        start += len(part)
    return vectors


def _write_vectors(view, path):
    progress = Progress("Writing the vectors to search in", view.state.images)
    with open(path, "wb") as file:  # no memory map, which would die of a full disk
        for part, vectors in view.scan_vectors():
            file.write(vectors.data)
            progress.advance(len(part))
