"""Counting pairs below a value, whatever the values."""

import numpy as np

from tfreid.index.pair_counts import PairCounts, find_edges


def test_what_lies_below_an_edge_is_counted_exactly(rng):
    values = np.concatenate(
        [rng.standard_normal(2000) * 10.0 ** rng.integers(-6, 6, 2000), [0, -0.0, 1e-40, 3e38]]
    ).astype(np.float32)
    counts = PairCounts()
    for part in np.array_split(values, 7):
        counts.add(part)
    assert counts.total == len(values)
    cumulated = counts.cumulate()
    changes = np.flatnonzero(np.diff(cumulated, prepend=0))
    for bin_ in changes[::37]:
        edge = find_edges(np.array([bin_]))[0]
        below = np.count_nonzero((values <= edge) & ~(np.signbit(values) & (values == 0)))
        assert abs(cumulated[bin_] - below) <= 1  # -0 counts as just below 0
    assert cumulated[-1] == len(values)


def test_edges_rise_and_are_a_two_thousandth_apart():
    bins = np.arange(2**19 + 2**18, 2**19 + 2**18 + 1000)
    edges = find_edges(bins)
    assert (np.diff(edges) > 0).all()
    assert (np.diff(edges) / edges[1:] < 1 / 2000).all()
