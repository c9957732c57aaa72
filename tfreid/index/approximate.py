"""Approximate search: an inverted file (IVF) or a graph (HNSW) over an index's own vectors.

Both are made of the stored vectors, kept beside them and named by the manifest. They stay useful
when images come and go: what is new is searched exactly beside them, what is gone is left out. When
much has changed they are made anew.
"""

import math
import os

import faiss
import numpy as np
from absl import logging

from tfreid.errors import InputError
from tfreid.index.durable import explain_write_error, make_folder, move_folder, remove, write_file
from tfreid.index.segments import check_size, explain_damage
from tfreid.index.snapshot import VECTORS
from tfreid.index.vectors import FlatVectors, search_in_blocks
from tfreid.index.writer import APPROXIMATE, open_writer
from tfreid.progress import Progress

IVF, HNSW = "ivf", "hnsw"
LEAST_VECTORS = {IVF: 1000, HNSW: 1}  # fewer make no sense of lists
_POINTS_PER_LIST = 39  # faiss wants as many to learn a list's center from
_MOST_POINTS_PER_LIST = 64
_NEIGHBORS = 32  # of a vector in the graph
_BUILD_DEPTH = 80  # candidates that are looked at for them
_ROUNDS = 10  # of k-means; more move the centers, but hardly the recall
_STALE_SHARE = 0.1  # of vectors that came or went since it was made
_BLOCK = 4096


class ApproximateVectors:
    """An approximate index, with what came since beside it."""

    def __init__(self, snapshot, index, ids, kind, effort):
        """Prepares a search.

        Args:
          snapshot: `Snapshot`.
          index: the faiss index.
          ids: int64[n], rising: the images in it, in its order.
          kind: IVF or HNSW.
          effort: lists to look into (IVF), candidates to keep (HNSW).
        """
        known = np.isin(ids, snapshot.items.ids[snapshot.live])
        self._rows = np.where(known, np.searchsorted(snapshot.items.ids, ids), -1)
        fresh = snapshot.live[~np.isin(snapshot.items.ids[snapshot.live], ids)]
        self._fresh = FlatVectors(snapshot, fresh)
        self._index, self._kind, self._effort = index, kind, effort
        self._chosen = {}
        if not known.all():
            self._bits = np.packbits(known, bitorder="little")  # faiss keeps a pointer to it
            self._chosen = {"sel": faiss.IDSelectorBitmap(self._bits)}

    def find(self, queries, count):
        """Returns int64[Q, n] as `FlatVectors.find`, -1 where fewer were found."""
        wanted = min(count, len(self._rows))
        parameters = self._make_parameters(wanted)
        found = search_in_blocks(self._index, queries, wanted, params=parameters)
        rows = np.where(found >= 0, self._rows[found], -1)
        return np.concatenate([rows, self._fresh.find(queries, count)], axis=1)

    def _make_parameters(self, count):
        if self._kind == IVF:
            return faiss.SearchParametersIVF(nprobe=self._effort, **self._chosen)
        effort = max(self._effort, count)
        return faiss.SearchParametersHNSW(efSearch=effort, **self._chosen)


def open_approximate(snapshot, kind, effort):
    """Returns the `ApproximateVectors` of an index; makes them first where there are none.

    Args:
      snapshot: `Snapshot`.
      kind: IVF or HNSW.
      effort: see `ApproximateVectors`.

    Raises:
      InputError: where there are too few vectors for this kind.
    """
    entry = snapshot.manifest.approximate.get(kind)
    made = _read(snapshot, entry) if entry else None
    if made is None or _is_stale(snapshot, made[1]):
        index, ids = make_index(snapshot, kind), snapshot.items.ids[snapshot.live]
        try:
            _store(snapshot, kind, index, ids)
        except InputError as error:
            logging.warning("the %s index is not kept, and made anew next time: %s", kind, error)
        made = index, ids
    return ApproximateVectors(snapshot, *made, kind, effort)


def make_index(snapshot, kind):
    """Returns a faiss index of the live vectors.

    IVF has 2 sqrt(N) lists, fewer where each would have too few vectors to learn its center from;
    centers are learned from at most 64 vectors a list, drawn evenly over the index. HNSW has 32
    neighbors a vector.

    Raises:
      InputError: where there are too few vectors.
    """
    count, (dim,) = len(snapshot), snapshot.manifest.columns[VECTORS]["shape"]
    if count < LEAST_VECTORS[kind]:
        raise InputError(
            f"--vector_index={kind}: needs at least {LEAST_VECTORS[kind]:,} images, but the index "
            f"holds {count:,}; use --vector_index=flat, which is fast for so few."
        )
    if kind == HNSW:
        index = faiss.IndexHNSWFlat(dim, _NEIGHBORS)
        index.hnsw.efConstruction = _BUILD_DEPTH
    else:
        lists = choose_lists(count)
        index = faiss.IndexIVFFlat(faiss.IndexFlatL2(dim), dim, lists)
        sample = np.linspace(0, count - 1, min(count, _MOST_POINTS_PER_LIST * lists)).astype(int)
        index.cp.niter = _ROUNDS
        logging.info("learning the centers of %d lists.", lists)
        index.train(snapshot.read(VECTORS, snapshot.live[sample]))
    progress = Progress(f"Making the {kind} index", count)
    for _, values in snapshot.read_live(VECTORS):
        for start in range(0, len(values), _BLOCK):
            block = np.ascontiguousarray(values[start : start + _BLOCK])
            index.add(block)
            progress.advance(len(block))
    return index


def choose_lists(count):
    """Returns the number of IVF lists for so many vectors."""
    return max(1, min(round(2 * math.sqrt(count)), count // _POINTS_PER_LIST))


def _is_stale(snapshot, ids):
    live = snapshot.items.ids[snapshot.live]
    common = len(np.intersect1d(live, ids, assume_unique=True))
    return len(live) + len(ids) - 2 * common > _STALE_SHARE * len(live)


def _read(snapshot, entry):
    """Returns (faiss index, ids), None where the files are gone: they can be made anew."""
    path = os.path.join(snapshot.folder, APPROXIMATE, entry["name"])
    try:
        for name, size in entry["bytes"].items():
            check_size(os.path.join(path, name), size)
        ids = np.fromfile(os.path.join(path, "ids"), "<i8")
        index = faiss.read_index(os.path.join(path, "index.faiss"))
        if index.ntotal != len(ids):
            raise explain_damage(path, f"{index.ntotal} vectors, {len(ids)} ids")
        return index, ids
    except (OSError, RuntimeError, InputError) as error:
        logging.warning(
            "the approximate index is made anew: %s", " ".join(str(error).split())[:200]
        )
        return None


def _store(snapshot, kind, index, ids):
    """Writes an approximate index beside the vectors and names it in the manifest."""
    with open_writer(snapshot.folder) as writer:
        name = f"{kind}-{writer.manifest.generation + 1:06d}"
        path = os.path.join(snapshot.folder, APPROXIMATE, name)
        aside = f"{path}.tmp"
        make_folder(aside)
        try:
            _write_index(index, os.path.join(aside, "index.faiss"))
            write_file(os.path.join(aside, "ids"), [ids.astype("<i8").tobytes()])
            sizes = {file: os.path.getsize(os.path.join(aside, file)) for file in os.listdir(aside)}
            move_folder(aside, path)
        except InputError:
            remove(aside)
            raise
        writer.set_approximate(kind, {"name": name, "bytes": sizes})


def _write_index(index, path):
    try:
        faiss.write_index(index, path)
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except RuntimeError as error:
        reason = "No space left on device" if "No space" in str(error) else "faiss cannot write it"
        raise explain_write_error(path, OSError(0, reason)) from error
    except OSError as error:
        raise explain_write_error(path, error) from error
