"""How many pairs lie below a value: counted, not kept, so that any number of pairs fits."""

import numpy as np

_SHIFT = 12  # bits of a float32 that a bin leaves out: bins are 0.05 % wide
_HALF = 2 ** (31 - _SHIFT)


class PairCounts:
    """Counts of float32 values in bins of equal relative width.

    A bin holds the numbers that share their upper 20 bits, which, sign and exponent first, are in
    the order of the numbers. So one pass does, whatever the range, and what lies below a bin's edge
    is counted exactly.
    """

    def __init__(self):
        self._counts = np.zeros(2 * _HALF, np.int64)

    def add(self, values):
        """Counts float32[n]; no NaN."""
        bins = _order(np.ascontiguousarray(values, np.float32)) >> _SHIFT
        self._counts += np.bincount(bins + _HALF, minlength=2 * _HALF)

    @property
    def total(self):
        """Number of values counted."""
        return int(self._counts.sum())

    def cumulate(self):
        """Returns int64[bins]: values up to each bin's edge (see `find_edges`), itself included."""
        return np.cumsum(self._counts)


def find_edges(bins):
    """Returns float32[n]: the largest number of each bin."""
    keys = ((np.asarray(bins, np.int64) - _HALF) << _SHIFT) + (2**_SHIFT - 1)
    return _reorder(keys.astype(np.int32)).view(np.float32)


def _order(values):
    """Returns int32[n] in the order of float32[n]."""
    return _reorder(values.view(np.int32))


def _reorder(bits):
    return bits ^ ((bits >> 31) & np.int32(2**31 - 1))  # its own inverse
