"""Which queries and which views of a data set are worth a picture."""

import numpy as np

from tfreid.data.dataset import DISTRACTOR_PID


def choose_queries(average_precision, pids, count=3, seed=0):
    """Chooses queries to look at: the best, the worst, and random ones for an honest impression.

    No identity comes twice in a group, and no query in two groups (random ones are drawn first).
    The random ones depend on the identities and the seed alone: the same people are seen after
    every evaluation of a run.

    Args:
      average_precision: float[Q], AP of each query; NaN where it has no match: never chosen.
      pids: int[Q].
      count: queries in a group, at most.
      seed: of the random choice, and of the order among equal APs.

    Returns:
      {"random": rows, "worst": rows, "best": rows}, lists of int; the best and the worst come
      first. Groups are empty where no query is left.
    """
    average_precision = np.asarray(average_precision, np.float64)
    shuffled = np.random.default_rng(seed).permutation(len(pids))
    shuffled = shuffled[np.isfinite(average_precision[shuffled])]
    rising = shuffled[np.argsort(average_precision[shuffled], kind="stable")]
    orders, groups, taken = {"random": shuffled, "worst": rising, "best": rising[::-1]}, {}, set()
    for name, order in orders.items():
        free = [int(row) for row in order if row not in taken]
        groups[name] = _take_identities(free, pids, count)
        taken.update(groups[name])
    return groups


def choose_views(query, gallery, people=2):
    """Chooses two views of each of some people, from different cameras.

    Args:
      query: `Split`.
      gallery: `Split`.
      people: how many, at most.

    Returns:
      [(query row, gallery row)]; fewer than `people` where fewer are seen by two cameras.
    """
    pairs = {}
    for row in np.random.default_rng(0).permutation(len(query)):
        pid, camid = int(query.pids[row]), query.camids[row]
        if len(pairs) == people:
            break
        if pid <= DISTRACTOR_PID or pid in pairs:
            continue
        others = np.flatnonzero((gallery.pids == pid) & (gallery.camids != camid))
        if len(others):
            pairs[pid] = (int(row), int(others[0]))
    return list(pairs.values())


def choose_mistake(dataset, average_precision, indices):
    """Chooses the query of the lowest AP among those whose best gallery image shows someone else.

    Args:
      dataset: `Dataset`.
      average_precision: float[Q]; NaN where a query has no match: never chosen.
      indices: int[Q, k], rows of the gallery, best first; -1 where there is none.

    Returns:
      (query row, gallery row), or None where nothing is mistaken.
    """
    best = np.asarray(indices)[:, 0]
    wrong = dataset.gallery.pids[best] != dataset.query.pids
    rows = np.flatnonzero((best >= 0) & wrong & np.isfinite(average_precision))
    if not len(rows):
        return None
    row = rows[np.argmin(np.asarray(average_precision)[rows])]
    return int(row), int(best[row])


def _take_identities(rows, pids, count):
    """Returns the first `count` rows of different identities."""
    firsts = {}
    for row in rows:
        firsts.setdefault(int(pids[row]), row)
    return list(firsts.values())[:count]
