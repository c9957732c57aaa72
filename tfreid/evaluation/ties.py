"""Measures of a ranked list in which some images are equally near, by expectation.

Which of two equally near images comes first is an accident of sorting. Every measure here is its
mean over all orders of the images at the same level, each order equally likely. So it depends on
the distances only, not on the order of the gallery, and features that are all equal score what
chance scores. Without ties it is the plain measure.

Of a level's n images m are matches. In a random order its k-th place (k = 1..n) holds a match with
probability m/n, and then (k-1)c of the level's matches stand before it in the mean,
c = (m-1)/(n-1). With A images and H matches ahead of the level, the expected sum of the
precisions at its matches is

    sum_k m/n (H + 1 + (k-1)c) / (A + k) = m/n [n c + (H + 1 - c(A+1)) (h(A+n) - h(A))]

with the harmonic numbers h. The other measures follow in the same manner.
"""

import numpy as np


def expect_precision(levels, depth=None):
    """Returns float64[L]: the sum of the precision at the ranks of a level's matches.

    The precision at the rank of a match, (matches so far) / rank, is a term of the rectangle AP.

    Args:
      levels: `Levels`.
      depth: ranks after this one add nothing; None for no such limit.
    """
    ahead, slope = levels.ahead, _compute_slope(levels)
    places = levels.size if depth is None else np.clip(depth - ahead, 0, levels.size)
    rest = levels.matches_ahead + 1 - slope * (ahead + 1)
    total = places * slope + rest * _sum_reciprocals(ahead, places)
    return levels.matches / levels.size * total


def expect_earlier_precision(levels):
    """Returns float64[L]: the sum of the precision one rank before each match of a level.

    That is the left side of a trapezoid of the official AP; before rank 1 it is 1.
    """
    ahead, slope = levels.ahead, _compute_slope(levels)
    rest = levels.matches_ahead - slope * ahead
    later = levels.size * slope + rest * _sum_reciprocals(ahead - 1, levels.size)
    first = 1 + (levels.size - 1) * slope  # the first level: no rank before, precision 1
    return levels.matches / levels.size * np.where(ahead == 0, first, later)


def expect_cmc(first_levels, max_rank):
    """Returns float64[L, max_rank]: the chance that a match is among the first 1, 2, ... images.

    Drawing the level's images one by one without return, a miss is still possible after d draws
    with probability prod_(i<d) (n - m - i) / (n - i).

    Args:
      first_levels: for each query its nearest level with a match.
      max_rank: number of ranks.
    """
    drawn = np.arange(max_rank) - first_levels.ahead[:, np.newaxis]
    size, matches = first_levels.size[:, np.newaxis], first_levels.matches[:, np.newaxis]
    others = np.maximum(size - matches - drawn, 0)
    still_missed = np.where(drawn < 0, 1.0, others / np.maximum(size - drawn, 1))
    return 1 - np.cumprod(still_missed, axis=1)


def expect_inverse_penalty(last_levels):
    """Returns float64[L]: (matches of the query) / (rank of its farthest match), the INP.

    Ye et al., Deep Learning for Person Re-Identification: A Survey and Outlook, section 4.2.

    Args:
      last_levels: for each query its farthest level with a match.
    """
    ahead, size, matches = last_levels.ahead, last_levels.size, last_levels.matches
    all_matches = last_levels.matches_ahead + matches
    penalties = all_matches / (ahead + size)  # where nothing but matches is at the level
    for i in np.flatnonzero(size > matches):
        penalties[i] = all_matches[i] * _expect_last_reciprocal(ahead[i], size[i], matches[i])
    return penalties


def _expect_last_reciprocal(ahead, size, matches):
    """Returns the mean of 1 / (rank of the last match of a level).

    That match stands at place x of the level with p(x) = C(x-1, m-1) / C(n, m), so p(n) = m/n and
    p(x-1) = p(x) (x-m) / (x-1).
    """
    places = np.arange(size, matches, -1)
    chances = matches / size * np.cumprod(np.append(1, (places - matches) / (places - 1)))
    return np.sum(chances / (ahead + np.append(places, matches)))


def _compute_slope(levels):
    """Returns c: how many further matches of a level stand before a match, for each place passed.

    A level of one image has no second place, so any c is right; 1 rounds best.
    """
    alone = levels.size == 1
    return (levels.matches - 1 + alone) / (levels.size - 1 + alone)


def _sum_reciprocals(start, count):
    """Returns 1/(start+1) + ... + 1/(start+count), for integer arrays, start from -1 up.

    For start -1 the term 1/0 is left out. A single term is not taken from the table: a difference
    of harmonic numbers would round it.
    """
    stop = start + count
    harmonic = np.cumsum(1 / np.arange(1, max(np.max(stop, initial=0), 1) + 1))
    harmonic = np.append(0, harmonic)
    many = harmonic[np.maximum(stop, 0)] - harmonic[np.maximum(start, 0)]
    return np.where(count == 1, 1 / np.maximum(stop, 1), many)
