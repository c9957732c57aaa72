"""The vectors of an index that are nearest to a query's, by Euclidean distance."""

import faiss
import numpy as np

from tfreid.index.snapshot import VECTORS

_BLOCK = 16  # queries at a time: beyond, faiss takes a product that is slower for few neighbors


class FlatVectors:
    """All vectors in memory, every one compared: exact."""

    def __init__(self, snapshot, rows=None):
        """Reads the vectors: 4 bytes a dimension.

        Args:
          snapshot: `Snapshot`.
          rows: int64[n], rising, of those to search; None for all that are live.
        """
        (dim,) = snapshot.manifest.columns[VECTORS]["shape"]
        self._rows = snapshot.live if rows is None else rows
        self._index = faiss.IndexFlatL2(dim)
        vectors = _allocate(self._index, len(self._rows), dim)
        if rows is not None:
            vectors[:] = snapshot.read(VECTORS, rows)
            return
        start = 0
        for part, values in snapshot.read_live(VECTORS):
            vectors[start : start + len(part)] = values
            start += len(part)

    def find(self, queries, count):
        """Returns int64[Q, n], rows of the nearest in no particular order, n at most `count`.

        Args:
          queries: float32[Q, D].
          count: how many to find.
        """
        count = min(count, len(self._rows))
        return self._rows[search_in_blocks(self._index, queries, count)]


def search_in_blocks(index, queries, count, **parameters):
    """Returns int64[Q, count]: positions that a faiss index finds, -1 where it finds fewer."""
    queries = np.ascontiguousarray(queries, np.float32)
    if not count:
        return np.zeros((len(queries), 0), np.int64)
    found = [
        index.search(queries[start : start + _BLOCK], count, **parameters)[1]
        for start in range(0, len(queries), _BLOCK)
    ]
    return np.concatenate([np.zeros((0, count), np.int64), *found])


def _allocate(index, count, dim):
    """Returns a view float32[count, dim] of a flat index's own memory, to be filled."""
    index.codes.resize(count * index.code_size)
    index.ntotal = count
    if not count:
        return np.zeros((0, dim), np.float32)
    return faiss.rev_swig_ptr(index.get_xb(), count * dim).reshape(count, dim)


def measure(queries, vectors):
    """Returns float32[Q, n]: Euclidean distances, without cancellation.

    Args:
      queries: float32[Q, D].
      vectors: float32[n, D].
    """
    distances = np.empty((len(queries), len(vectors)), np.float32)
    for row, query in enumerate(queries):
        gaps = vectors - query
        distances[row] = np.sqrt(np.einsum("nd,nd->n", gaps, gaps))
    return distances
