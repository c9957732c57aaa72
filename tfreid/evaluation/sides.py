"""The two sides of an evaluation, query and gallery, as checked columns of numbers."""

import dataclasses

import numpy as np

from tfreid.data.dataset import JUNK_PID
from tfreid.errors import InputError

_CHECKED_ROWS = 1024  # rows tested at a time, so that the test needs next to no memory


@dataclasses.dataclass(frozen=True)
class Side:
    """Images of one side, as columns of equal length N.

    Attributes:
      features: float32[N, D], all finite.
      pids: int64[N], at least `JUNK_PID`.
      camids: int64[N].
    """

    features: np.ndarray
    pids: np.ndarray
    camids: np.ndarray

    def __len__(self):
        return len(self.features)


def make_sides(
    query_features, gallery_features, query_pids, gallery_pids, query_camids, gallery_camids
):
    """Returns (query, gallery) as two `Side`s.

    Features of any real dtype become float32; pids and camids may be floats that hold whole
    numbers, as MATLAB files have them.

    Raises:
      InputError: for a wrong shape, length or dtype, or a number that is not finite.
    """
    query = _make_side("query", query_features, query_pids, query_camids)
    gallery = _make_side("gallery", gallery_features, gallery_pids, gallery_camids)
    if query.features.shape[1] != gallery.features.shape[1]:
        raise InputError(
            f"query_features have {query.features.shape[1]} dimensions, gallery_features have "
            f"{gallery.features.shape[1]}: take both from the same network."
        )
    return query, gallery


def _make_side(name, features, pids, camids):
    features = _check_features(f"{name}_features", features)
    pids = _check_ids(f"{name}_pids", pids, len(features))
    camids = _check_ids(f"{name}_camids", camids, len(features))
    if pids.min() < JUNK_PID:
        row = int(np.argmin(pids))
        raise InputError(
            f"{name}_pids: row {row} is {pids[row]}; identities are numbered from 0, and "
            f"{JUNK_PID} means junk."
        )
    return Side(features, pids, camids)


def _check_features(name, features):
    features = _to_numbers(name, features)
    if features.ndim != 2 or 0 in features.shape:
        raise InputError(
            f"{name} has shape {features.shape}; give [images, dimensions], at least one of each."
        )
    with np.errstate(over="ignore"):  # a float64 beyond float32 becomes inf, and is named below
        features = np.ascontiguousarray(features, np.float32)
    for start in range(0, len(features), _CHECKED_ROWS):
        finite = np.isfinite(features[start : start + _CHECKED_ROWS])
        if not finite.all():
            row, column = np.argwhere(~finite)[0]
            raise InputError(
                f"{name}: row {start + row}, dimension {column} is not a finite float32; the "
                "network that made it diverged, or the file is damaged."
            )
    return features


def _check_ids(name, ids, length):
    ids = _to_numbers(name, ids)
    if ids.shape != (length,):
        raise InputError(
            f"{name} has shape {ids.shape}; give one number for each of the {length} features."
        )
    whole = np.isfinite(ids) & (ids == np.floor(ids))
    if not whole.all():
        row = int(np.argmin(whole))
        raise InputError(f"{name}: row {row} is {ids[row]}; give whole numbers.")
    return ids.astype(np.int64)


def _to_numbers(name, values):
    try:
        values = np.asarray(values)
    except ValueError:  # rows of unequal length
        raise InputError(f"{name}: its rows differ in length; give one array.") from None
    # bool, whole numbers with and without a sign, floats.
    if values.dtype.kind in "?biuf":
        return values
    try:  # bfloat16 is a number that numpy does not know as one
        return values.astype(np.float32, casting="safe")
    except TypeError:
        raise InputError(f"{name} has dtype {values.dtype}; give real numbers.") from None
