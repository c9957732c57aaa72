"""The nearest images of other identities: where hard negatives come from."""

import numpy as np

from tfreid.progress import Progress

_BLOCK = 512  # images at a time: with 12,936 images 27 MB of distances


def find_neighbors(features, pids, count, num_identities):
    """Finds each image's nearest images of other identities, by L2 distance.

    Where the `count` nearest show fewer than `num_identities` identities, the farthest of the
    repeated ones give way to the nearest images of further identities.

    Args:
      features: float32[N, D].
      pids: int[N].
      count: images to find for each.
      num_identities: different identities that they must show at least; at most `count`, and
        fewer than there are.

    Returns:
      int32[N, n], n = min(count, the fewest images of other identities), from near to far.
    """
    pids = np.asarray(pids)
    _, labels, sizes = np.unique(pids, return_inverse=True, return_counts=True)
    # A table has one width: that of who has the fewest others.
    count = min(count, len(pids) - int(sizes.max()))
    squares = np.einsum("nd,nd->n", features, features)
    table = np.empty((len(pids), count), np.int32)
    progress = Progress("Finding neighbors", len(pids))
    for start in range(0, len(pids), _BLOCK):
        rows = slice(start, start + _BLOCK)
        # |a - b|^2 without |a|^2, the same for a whole row.
        distances = squares - 2.0 * features[rows] @ features.T
        # A negative shows another person.
        distances[labels[rows, np.newaxis] == labels] = np.inf
        for row, row_distances in enumerate(distances, start):
            table[row] = _choose(row_distances, labels, count, num_identities)
        progress.advance(len(distances))
    return table


def _choose(distances, labels, count, num_identities):
    """Returns an image's neighbors, nearest first: int[count]."""
    near = np.argpartition(distances, count - 1)[:count]
    # Stable: at equal distance the same rows come first in every run.
    near = near[np.argsort(distances[near], kind="stable")]
    first = np.unique(labels[near], return_index=True)[1]
    missing = num_identities - len(first)
    if missing <= 0:
        return near
    repeated = np.setdiff1d(np.arange(count), first)
    added = _find_further(distances, labels, set(labels[near].tolist()), missing)
    kept = np.delete(near, repeated[len(repeated) - missing :])
    return np.concatenate([kept, added])


def _find_further(distances, labels, known, missing):
    """Returns the nearest image of each of the `missing` nearest identities not yet known."""
    added = []
    for row in np.argsort(distances, kind="stable"):
        if len(added) == missing:
            break
        if labels[row] not in known:
            known.add(labels[row])
            added.append(row)
    return np.array(added, np.int64)
