"""Ranked groups: which queries are asked for, and what becomes of the answers.

`embedding_figures_test` and `pair_figures_test` look at the sheets themselves.
"""

import dataclasses

import numpy as np
import pytest

from tfreid.data.dataset import Dataset, Split, make_empty_split
from tfreid.data.labels import Labels
from tfreid.figures import ranked_groups
from tfreid.figures.ranked_groups import draw_ranked_groups


def make_split(name, rows):
    pids, camids = np.array(rows).T
    return Split(tuple(f"{name}{i}.jpg" for i in range(len(rows))), pids, camids)


@pytest.fixture
def dataset():
    query = make_split("q", [(1, 1), (2, 1), (3, 1), (0, 1)])
    gallery = make_split("g", [(0, 2), (1, 2), (2, 2), (3, 2)])
    return Dataset("tiny", "", make_empty_split(), query, gallery)


def test_each_group_asks_for_its_own_queries_and_gets_their_matches(dataset, monkeypatch):
    """Values differ per query, so that a list under the wrong query would show."""
    asked, drawn = [], []

    def find_matches(rows):
        asked.append(rows)
        indices = np.array([[row, 3 - row, -1] for row in rows])
        return indices, np.array([[row + 0.5, row + 0.25, np.nan] for row in rows])

    def record(lists, title, metric, measure, columns):
        (ranked,) = lists
        matches = [(m.path, m.value, m.correct) for m in ranked.matches]
        drawn.append((ranked.path, matches, ranked.average_precision, measure))

    monkeypatch.setattr(ranked_groups, "draw_sheet", record)
    precision = np.array([30.0, 20.0, 10.0, np.nan])
    pictures = draw_ranked_groups(dataset, precision, find_matches, "A", "b", "score", count=1)
    assert list(pictures) == ["tiny/best", "tiny/random", "tiny/worst"]
    rows = [row for group in asked for row in group]
    assert sorted(rows) == [0, 1, 2]
    for row, (path, matches, shown, measure) in zip(rows, drawn):
        assert path == f"q{row}.jpg" and shown == precision[row] and measure == "score"
        pids = dataset.gallery.pids
        assert matches == [
            (f"g{row}.jpg", row + 0.5, pids[row] == row + 1),
            (f"g{3 - row}.jpg", row + 0.25, pids[3 - row] == row + 1),
        ]


def test_people_and_cameras_are_called_as_they_were_given(dataset, monkeypatch):
    labels = Labels({1: "anna", 2: "0002"}, {1: "door", 2: None})
    sides = {
        name: dataclasses.replace(getattr(dataset, name), labels=labels)
        for name in ("query", "gallery")
    }
    drawn = []
    monkeypatch.setattr(ranked_groups, "draw_sheet", lambda lists, *_: drawn.extend(lists))
    precision = np.array([30.0, np.nan, np.nan, np.nan])
    named = dataclasses.replace(dataset, **sides)
    draw_ranked_groups(named, precision, lambda rows: ([[1, 2, 3]], [[1, 2, 3]]), "A", "b", count=1)
    assert drawn[0].label == "id anna · cam door"
    found = [(match.pid, match.camid) for match in drawn[0].matches]
    assert found == [("anna", None), ("0002", None), (3, None)]
