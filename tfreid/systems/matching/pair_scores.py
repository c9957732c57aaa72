"""Scores of queries against a gallery, by a network that matches memories."""

import numpy as np
import tensorflow as tf

from tfreid.layers.key_value_memory import Memory
from tfreid.progress import Progress


class PairScorer:
    """Matches cached memories block by block; never holds more scores than those of a few queries.

    Blocks have one shape each, so that every function is traced once; what fills up the last block
    changes no other score, since at inference a score depends on its two images alone.

    Args:
      network: `KvmMn`.
      query: `Memories`.
      gallery: `Memories`; with `shares`, if scores are to be symmetric.
      options: `PairScoringOptions`.
    """

    def __init__(self, network, query, gallery, options):
        self._query, self._gallery = query, gallery
        self._symmetric = options.symmetric
        self._rows = min(options.query_block, len(query))
        self._columns = min(options.gallery_block, len(gallery))
        self._prepare = tf.function(network.prepare_query)
        self._match = tf.function(network.match)
        self._match_back = tf.function(
            lambda gallery, query: tf.transpose(network.match(gallery, query))
        )

    def score_all(self):
        """Yields float32[q, G] for blocks of queries in order: each against the whole gallery."""
        progress = Progress("Scoring pairs", len(self._query) * len(self._gallery))
        blocks = list(_cut(len(self._gallery), self._columns))
        for rows in _cut(len(self._query), self._rows):
            query = _take_memory(self._query, rows, self._rows)
            prepared = self._prepare(query)
            scores = np.empty((len(rows), len(self._gallery)), np.float32)
            for columns in blocks:
                block = self._score(query, prepared, columns, self._columns)
                scores[:, columns] = block[: len(rows), : len(columns)]
                progress.advance(len(rows) * len(columns))
            yield scores

    def score_some(self, chosen, first_query, advance):
        """Yields float32[1, K] for some queries in order: against their own K gallery images.

        Args:
          chosen: int[q, K], rows of the gallery.
          first_query: row of the first of these queries.
          advance: called with the number of pairs that have been scored.
        """
        size = chosen.shape[1]
        for row, columns in enumerate(chosen, first_query):
            query = _take_memory(self._query, [row], 1)
            yield self._score(query, self._prepare(query), columns, size)
            advance(size)

    def _score(self, query, prepared, columns, size):
        gallery = _take_memory(self._gallery, columns, size)
        scores = self._match(prepared, gallery)
        if self._symmetric:
            # A prepared query is its keys and its share: the gallery's shares are at hand.
            back = type(prepared)(gallery.keys, _take(self._gallery.shares, columns, size))
            scores = (scores + self._match_back(back, query)) / 2
        return scores.numpy()


def _cut(length, size):
    """Yields arrays of neighboring rows, the last one shorter."""
    for start in range(0, length, size):
        yield np.arange(start, min(start + size, length))


def _take_memory(memories, rows, size):
    return Memory(_take(memories.keys, rows, size), _take(memories.values, rows, size))


def _take(column, rows, size):
    """Returns rows of a column as a tensor, the last one repeated up to `size`."""
    rows = np.asarray(rows)
    filled = np.concatenate([rows, np.repeat(rows[-1:], size - len(rows))])
    return tf.constant(column[filled])
