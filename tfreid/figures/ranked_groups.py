"""Ranked sheets of the queries that are worth a look, whatever compared the images."""

import os

from tfreid.data.dataset import DISTRACTOR_PID
from tfreid.figures.lettering import describe_image
from tfreid.figures.selection import choose_queries
from tfreid.figures.sheets import Match, RankedList, draw_sheet

TOP = 10  # matches in a ranked sheet

_GROUPS = {
    "best": "the queries of the highest AP",
    "random": "queries at random, the same ones in every evaluation",
    "worst": "the queries of the lowest AP",
}


def draw_ranked_groups(
    dataset, average_precision, find_matches, system, metric, measure="", count=3
):
    """Draws ranked lists of the best, the worst and of random queries.

    Args:
      dataset: `Dataset`.
      average_precision: float[Q], AP of each query in percent; NaN where it has no match.
      find_matches: from query rows, a list of n, to (indices int[n, k], values float[n, k]): rows
        of the gallery, best first, -1 where there is none, and their distances or scores.
      system: the network's name, for titles.
      metric: what the values are, for the legend.
      measure: a short word for them before each value; may be empty.
      count: queries in each picture.

    Returns:
      {"<dataset>/best": uint8[H, W, 3], "<dataset>/random": ..., "<dataset>/worst": ...}, without
      those that no query is left for.

    Raises:
      InputError: for an image that is missing or cannot be read.
    """
    groups = choose_queries(average_precision, dataset.query.pids, count)
    pictures = {}
    for name, text in _GROUPS.items():
        rows = groups[name]
        if rows:
            found = zip(rows, *find_matches(rows))
            lists = [_rank(dataset, row, average_precision, *answer) for row, *answer in found]
            title = f"{system} on {dataset.name}: {text}"
            pictures[f"{dataset.name}/{name}"] = draw_sheet(lists, title, metric, measure, TOP)
    return pictures


def _rank(dataset, row, average_precision, indices, values):
    query = dataset.query
    return RankedList(
        query.paths[row],
        describe_image(*query.label(row)),
        _list_matches(dataset.gallery, query.pids[row], indices, values),
        os.path.basename(query.paths[row]),
        float(average_precision[row]),
    )


def _list_matches(gallery, pid, indices, values):
    """Returns [Match]; where fewer than k images count, the rest of the indices is -1."""
    same = (gallery.pids == pid) & (pid > DISTRACTOR_PID)
    return [
        Match(gallery.paths[i], *gallery.label(i), float(value), bool(same[i]))
        for i, value in zip(indices, values)
        if i >= 0
    ]
