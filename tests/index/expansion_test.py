"""Query expansion, by hand."""

import numpy as np

from tfreid.index.searching import expand_queries

QUERY = np.array([[3.0, 4.0]], np.float32)
NEIGHBORS = np.array([[[6.0, 8.0], [-4.0, 3.0], [4.0, -3.0]]], np.float32)


def test_alpha_0_is_the_mean_of_the_query_and_its_nearest():
    """(3 + 6 - 4 + 4) / 4 = 2.25, (4 + 8 + 3 - 3) / 4 = 3."""
    np.testing.assert_allclose(expand_queries(QUERY, NEIGHBORS, 0), [[2.25, 3]])


def test_a_large_alpha_weighs_by_cosine():
    """Cosines are 1, 0 and 0: only the first counts, as much as the query."""
    np.testing.assert_allclose(expand_queries(QUERY, NEIGHBORS, 3), [[4.5, 6]])


def test_weights_are_powers_of_cosines():
    """The neighbor (4, 3) has cosine 24/25, squared 0.9216."""
    expanded = expand_queries(QUERY, np.array([[[4.0, 3.0]]], np.float32), 2)
    np.testing.assert_allclose(
        expanded, [[(3 + 4 * 0.9216) / 1.9216, (4 + 3 * 0.9216) / 1.9216]], rtol=1e-6
    )


def test_zeros_have_no_direction_and_do_no_harm():
    expanded = expand_queries(QUERY, np.zeros((1, 2, 2), np.float32), 1)
    np.testing.assert_allclose(expanded, QUERY)
