"""Which queries and views are shown."""

import numpy as np

from tfreid.data.dataset import Dataset, Split, make_empty_split
from tfreid.figures.selection import choose_mistake, choose_queries, choose_views


def make_split(rows):
    """Returns a `Split` of (pid, camid) rows."""
    pids, camids = np.array(rows).T
    return Split(tuple(f"{i}.jpg" for i in range(len(rows))), pids, camids)


def test_best_and_worst_come_in_order_and_without_match_never():
    precision = np.array([50.0, 10, np.nan, 100, 30, 80, 0, 70])
    groups = choose_queries(precision, pids=np.arange(8), count=2)
    left = [row for row in np.argsort(precision)[:7] if row not in groups["random"]]
    assert groups["worst"] == left[:2]
    assert groups["best"] == left[:-3:-1]
    assert 2 not in sum(groups.values(), [])


def test_no_query_is_in_two_groups_and_no_identity_twice_in_one():
    pids = np.arange(40) // 4
    precision = np.random.default_rng(0).random(40)
    groups = choose_queries(precision, pids, count=3)
    rows = sum(groups.values(), [])
    assert len(rows) == len(set(rows)) == 9
    for group in groups.values():
        assert len(set(pids[group])) == 3


def test_random_queries_do_not_depend_on_the_network():
    pids, numbers = np.arange(30), np.random.default_rng(0)
    first, second = (choose_queries(numbers.random(30), pids) for _ in range(2))
    assert first["random"] == second["random"]
    assert first["best"] != second["best"]
    assert choose_queries(np.ones(30), pids, seed=1)["random"] != first["random"]


def test_few_queries_make_small_groups():
    groups = choose_queries([40.0, np.nan], np.array([1, 2]), count=3)
    assert groups == {"random": [0], "worst": [], "best": []}


def test_views_are_a_query_and_a_gallery_image_of_another_camera():
    query = make_split([(5, 1), (5, 2), (6, 1), (7, 1), (0, 1)])
    gallery = make_split([(5, 1), (5, 2), (6, 1), (7, 2), (0, 2), (6, 3)])
    pairs = choose_views(query, gallery, people=9)
    assert len(pairs) == 3
    for row, other in pairs:
        assert query.pids[row] == gallery.pids[other] > 0
        assert query.camids[row] != gallery.camids[other]
    seen = {int(query.pids[row]): other for row, other in pairs}
    assert seen[5] in (0, 1) and seen[6] == 5 and seen[7] == 3
    assert choose_views(query, gallery, people=1) == pairs[:1]


def test_of_several_gallery_images_the_first_is_shown():
    gallery = make_split([(5, 1), (5, 3), (5, 2)])
    assert choose_views(make_split([(5, 1)]), gallery) == [(0, 1)]


def test_nobody_seen_by_two_cameras_makes_no_views():
    assert choose_views(make_split([(5, 1)]), make_split([(5, 1), (6, 2)])) == []


def test_a_mistake_is_the_lowest_query_whose_best_image_shows_someone_else():
    """Query 0 is right, 1 and 2 are wrong, 3 has no match at all, 4 nothing to compare with."""
    query = make_split([(1, 1), (2, 1), (3, 1), (4, 1), (5, 1)])
    gallery = make_split([(1, 2), (2, 2), (3, 2), (0, 2)])
    dataset = Dataset("tiny", "", make_empty_split(), query, gallery)
    precision = np.array([10.0, 50, 40, np.nan, 0])
    indices = np.array([[0, 1], [2, 1], [3, 2], [1, 2], [-1, -1]])
    assert choose_mistake(dataset, precision, indices) == (2, 3)
    assert choose_mistake(dataset, np.array([10.0, 30, 40, np.nan, 0]), indices) == (1, 2)
    indices[1:3, 0] = [1, 2]
    assert choose_mistake(dataset, precision, indices) is None
