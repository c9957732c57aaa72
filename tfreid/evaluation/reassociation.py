"""Re-association: is a person found again among all people of the same camera some frames later?

What a tracker needs to know of an appearance model. A query is a person in a frame whose number a
stride divides; its candidates are all people of the same sequence exactly `gap` frames later. A
query counts if the person is among at least two candidates (the protocol of Roboflow's reid).
"""

import dataclasses

import numpy as np

from tfreid.errors import InputError
from tfreid.evaluation.distances import Comparer
from tfreid.evaluation.levels import find_levels
from tfreid.evaluation.results import Tally

_MOST_RANKS = 50  # of the CMC curve


def find_queries(sequences, frames, gap, stride):
    """Returns [(rows of the people of a frame, rows of those `gap` frames later), ...].

    Args:
      sequences: int[N], of each person in a frame.
      frames: int[N]; only frames that `stride` divides have queries.
      gap: frames between query and candidates.
      stride: divides the numbers of the queries' frames.
    """
    places = {}
    for row, place in enumerate(zip(np.asarray(sequences).tolist(), np.asarray(frames).tolist())):
        places.setdefault(place, []).append(row)
    return [
        (np.array(rows), np.array(places.get((sequence, frame + gap), ()), np.int64))
        for (sequence, frame), rows in sorted(places.items())
        if frame % stride == 0
    ]


def rank_reassociation(features, sequences, frames, people, *, gap, stride):
    """Ranks all people of a later frame for each query; ties by expectation (see `ties`).

    A query has one match, so that its average precision is its reciprocal rank: mAP is MRR.

    Args:
      features: float32[N, D], finite, one row for each person in a frame.
      sequences: int[N], which video a row is of.
      frames: int[N].
      people: int[N], identities, within their sequence; each is once in a frame.
      gap: frames between query and candidates, at least 1.
      stride: divides the numbers of the queries' frames, at least 1.

    Returns:
      `RankingResult`; queries without a match are those whose person is not there, or alone.

    Raises:
      InputError: where no query counts.
    """
    features, people = np.asarray(features, np.float32), np.asarray(people)
    queries = find_queries(sequences, frames, gap, stride)
    tally, done, counted = Tally(sum(len(rows) for rows, _ in queries), _MOST_RANKS), 0, 0
    for rows, candidates in queries:
        is_match = people[rows][:, np.newaxis] == people[candidates]
        matched = np.flatnonzero(is_match.any(axis=1) & (len(candidates) > 1))
        if len(matched):
            sides = features[rows], features[candidates]
            scores = Comparer(*sides, np.arange(len(candidates)), "euclidean").compare(matched)
            tally.add(done, _find_matches(scores, matched, np.argmax(is_match[matched], axis=1)))
        done, counted = done + len(rows), counted + len(matched)
    if not counted:
        raise InputError(
            f"gap={gap} stride={stride}: of {done} people in frames whose number {stride} divides "
            f"nobody is there, among others, {gap} frames later; give smaller numbers."
        )
    return tally.make_result()


def _find_matches(scores, queries, columns):
    """Returns the `Levels` of the one match of each query; changes the scores."""
    rows = np.arange(len(scores))
    match_scores = scores[rows, columns]
    scores[rows, columns] = np.inf
    levels = find_levels(scores, rows, match_scores)
    return dataclasses.replace(levels, query=queries[levels.query])
