"""Distances between queries and a gallery, in the form that is fastest to rank by."""

import numpy as np

from tfreid.cores import share_out
from tfreid.errors import InputError

METRICS = ("euclidean", "cosine")

_CENTER_STEPS = 64
_COMPARED_ROWS = 1024  # at a time, for the memory's sake
_BLOCK_ELEMENTS = 2**23  # of one block's scores by default: 32 MB


class Comparer:
    """Compares blocks of queries with one gallery.

    For one query q, the gallery images g have the same order by |q - g| and by |g|^2 / 2 - q.g,
    which is one matrix product and one subtraction. |q|^2, the rest of |q - g|^2, is left out: it
    would only cost bits. So nothing needs to be clipped at 0, and clipping makes no ties.

    The product cancels: its rounding error is about 1e-7 |q||g|, and what all features share makes
    that worse. An untrained network's features are nearly equal, so both sides are first moved by
    the gallery's mean, which changes no distance. The mean is rounded to 1/64 of the largest value:
    features that are small whole numbers, such as hash codes, then still have exact distances and
    tie where they should. Scaling by a power of two, exact as well, keeps squares in range.

    A matrix product may round equal rows differently, depending on where they stand. Equal gallery
    features are therefore found beforehand and given equal scores: they are ties, always.

    Cosine is Euclidean between features of length 1. Distances of `measure` are |q - g| for
    "euclidean" and 1 - cos(q, g) for "cosine".
    """

    def __init__(self, query, gallery, rows, metric):
        """Takes the gallery's rows that count.

        Args:
          query: float32[Q, D], every query that will be compared; only its magnitude matters here.
          gallery: float32[N, D].
          rows: int[G], the rows of `gallery` to compare with, in the order of the scores' columns.
          metric: "euclidean" or "cosine".

        Raises:
          InputError: for an unknown metric, or a feature of zeros where `metric` is "cosine".
        """
        if metric not in METRICS:
            raise InputError(f"metric={metric!r}: allowed values are {', '.join(METRICS)}.")
        self._cosine = metric == "cosine"
        if self._cosine:
            _check_lengths("query_features", query)
            _check_lengths("gallery_features", gallery)
        self._query, self._gallery, self._rows = query, gallery, rows
        self._scale = 1 if self._cosine else _find_scale(query, gallery)
        self._points = np.empty((len(rows), gallery.shape[1]), np.float32)
        self._share_out(self._take)
        self._twins, self._firsts = _find_twins(self._points)
        if self._cosine:
            self._share_out(lambda *part: _normalize(self._points[slice(*part)]))
        self._center = np.round(self._points.mean(axis=0) * _CENTER_STEPS) / _CENTER_STEPS
        self._half_squares = np.empty(len(rows), np.float32)
        self._share_out(self._move)

    def compare(self, queries):
        """Returns scores float32[B, G] of the given rows of the query side; nearer is smaller.

        Scores order the gallery for one query; scores of different queries are not comparable.
        """
        points = self._place(self._query[queries].copy())
        if self._cosine:
            _normalize(points)
        points -= self._center
        scores = points @ self._points.T

        def subtract(start, stop):
            np.subtract(self._half_squares, scores[start:stop], out=scores[start:stop])

        share_out(subtract, *scores.shape)
        scores[:, self._twins] = scores[:, self._firsts]
        return scores

    def measure(self, query, columns):
        """Returns the distances float64[K] of one query to some columns, without cancellation."""
        point = self._query[query].astype(np.float64)
        others = self._gallery[self._rows[columns]].astype(np.float64)
        if not self._cosine:
            return np.linalg.norm(others - point, axis=1)
        point /= np.linalg.norm(point)
        others /= np.linalg.norm(others, axis=1, keepdims=True)
        return np.square(others - point).sum(axis=1) / 2

    def _share_out(self, work):
        share_out(work, *self._points.shape)

    def _take(self, start, stop):
        """Takes a part of the gallery's rows."""
        part = self._points[start:stop]
        # Where an index could be wrong NumPy makes a second copy; `clip` has it not look.
        np.take(self._gallery, self._rows[start:stop], axis=0, out=part, mode="clip")
        self._place(part)

    def _move(self, start, stop):
        """Moves a part of the points by their center."""
        points = self._points[start:stop]
        points -= self._center
        np.einsum("gd,gd->g", points, points, out=self._half_squares[start:stop])
        self._half_squares[start:stop] /= 2

    def _place(self, features):
        """Scales a fresh copy of features in place; adding 0 turns -0 into 0, its equal."""
        if self._cosine:
            features /= _find_magnitudes(features)[:, np.newaxis]
        else:
            features *= self._scale
        features += 0
        return features


def cut_blocks(num_queries, num_gallery, block_size=None):
    """Returns [(start, stop)] of blocks of queries; by default of 32 MB of scores each."""
    block_size = block_size or max(1, _BLOCK_ELEMENTS // num_gallery)
    starts = range(0, num_queries, block_size)
    return [(start, min(start + block_size, num_queries)) for start in starts]


def _find_magnitudes(features):
    """Returns [N]: the largest absolute value of each row."""
    return np.maximum(features.max(axis=1), -features.min(axis=1))


def _find_scale(*features):
    largest = max(_find_magnitudes(side).max() for side in features)
    # Powers that float32 has without loss of digits.
    exponent = np.clip(np.frexp(largest)[1], -126, 126)
    return np.float32(2.0**-exponent)


def _find_twins(points):
    """Returns (columns, their first equals) for all rows that equal an earlier row, to the bit.

    `np.unique` finds the same, with three more copies of the features.
    """
    rows = points.view(np.dtype((np.void, points.itemsize * points.shape[1]))).ravel()
    order = np.argsort(rows, kind="stable")
    is_new = np.ones(len(rows), bool)  # of `order`: it does not equal the one before
    for start in range(1, len(rows), _COMPARED_ROWS):
        these = order[start : start + _COMPARED_ROWS]
        is_new[start : start + len(these)] = rows[these] != rows[order[start - 1 :][: len(these)]]
    firsts = order[is_new][np.cumsum(is_new) - 1]
    return order[~is_new], firsts[~is_new]


def _normalize(points):
    points /= np.sqrt(np.einsum("nd,nd->n", points, points))[:, np.newaxis]


def _check_lengths(name, features):
    zero = _find_magnitudes(features) == 0
    if zero.any():
        raise InputError(
            f"{name}: row {int(np.argmax(zero))} is all zeros, which has no direction; "
            "metric='cosine' needs other features, or use metric='euclidean'."
        )
