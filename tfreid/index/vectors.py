"""The vectors of an index that are nearest to a query's, by Euclidean distance.

What is searched was read, or made, from one state of the store, and stays useful when images come
and go: what is new is compared exactly beside it, what is gone is left out. When a tenth has
changed it is made anew.
"""

import faiss
import numpy as np
from absl import logging

from tfreid.index.rows import VECTORS
from tfreid.index.vector_index import (
    DamagedError,
    make_vector_index,
    open_vector_index,
    search,
)

_STALE_SHARE = 0.1  # of vectors that came or went since it was made
_SPARE = 4  # more than are wanted are asked for, since some may be gone


class Vectors:
    """The vectors of an index's present state, by one way to search them."""

    def __init__(self, folder, kind, effort=None):
        """Names what is searched; `refresh` reads it.

        Args:
          folder: the index folder.
          kind: one of `vector_index.KINDS`.
          effort: lists to look into (IVF), candidates to keep (HNSW).
        """
        self._folder, self._kind, self._effort = folder, kind, effort
        self._derived = self._view = self._state = None

    def refresh(self, view):
        """Takes up the state of a `View`; reads, or makes anew, only what has changed.

        Raises:
          InputError: where there are too few vectors for the kind, or a row is damaged.
        """
        self._view = view
        if self._state == view.state.identity:
            return
        if self._derived is None:
            self._derived = open_vector_index(self._folder, view, self._kind)
        known, fresh = self._compare()
        if len(fresh) + np.count_nonzero(~known) > _STALE_SHARE * view.state.images:
            self._make()
        else:
            self._take(known, fresh)

    def find(self, vector, count):
        """Returns int64[n], ids of the nearest in no particular order, n at least `count` if exact.

        Args:
          vector: float32[1, D].
          count: how many to find.
        """
        try:
            places = self._find_known(vector, count)
        except DamagedError:
            logging.warning(
                "%s: the vectors to search in are damaged, and made anew.", self._folder
            )
            self._make()
            places = self._find_known(vector, count)
        found = self._derived.ids[places]
        if self._fresh is None:
            return found
        _, places = faiss.knn(vector, self._fresh, min(count, len(self._fresh)))
        return np.concatenate([found, self._fresh_ids[places[0]]])

    def _find_known(self, vector, count):
        """Returns positions in the index of what is there still: asks for more until they do."""
        wanted = count + _SPARE
        while True:
            wanted = min(wanted, len(self._known))
            places = search(self._kind, self._derived, vector, wanted, self._effort)
            found = places[places >= 0]
            kept = found[self._known[found]]
            # Fewer than wanted: the lists of IVF that are looked into hold no more.
            if len(kept) >= count or len(found) < wanted or wanted == len(self._known):
                return kept
            wanted *= 2

    def _make(self):
        self._derived = make_vector_index(self._folder, self._view, self._kind)
        self._take(*self._compare())

    def _take(self, known, fresh):
        """Takes up what `_compare` found."""
        self._known, self._fresh_ids, self._state = known, fresh, self._view.state.identity
        self._fresh = self._view.read_features(fresh)[VECTORS] if len(fresh) else None

    def _compare(self):
        """Returns (bool[n]: which of the index are there still, ids that are not in it)."""
        derived = self._derived
        if derived.state == self._view.state.identity:  # a million ids need not be listed for it
            return np.ones(len(derived.ids), bool), derived.ids[:0]
        ids, sums = self._view.list_ids()
        _, places, rows = np.intersect1d(derived.ids, ids, assume_unique=True, return_indices=True)
        same = derived.sums[places] == sums[rows]
        known, fresh = np.zeros(len(derived.ids), bool), np.ones(len(ids), bool)
        known[places[same]], fresh[rows[same]] = True, False
        return known, ids[fresh]
