"""Answers of a search, and their forms as JSON and as a table."""

import dataclasses
from typing import Any

import numpy as np

FORMAT, VERSION = "tfreid.search", 1
DISTANCE, SCORE = "distance", "score"  # what is measured: SONA-Net's, KVM-MN's


@dataclasses.dataclass(frozen=True)
class Match:
    """One image of the index in an answer.

    Attributes:
      rank: 1 for the best.
      id: its number in the index.
      path: its file when it was added.
      pid: its identity; None where unknown.
      camid: its camera; None where unknown.
      value: its Euclidean distance to the query, or KVM-MN's score.
      reranked: the re-ranked distance that it is ordered by; None without re-ranking.
    """

    rank: int
    id: int
    path: str
    pid: int | str | None
    camid: int | str | None
    value: float
    reranked: float | None = None


@dataclasses.dataclass(frozen=True)
class Answer:
    """What was found for one query.

    Attributes:
      query: the query as it was given, to show: a path or words.
      image: the query as it was given, for pictures.
      matches: tuple of `Match`, best first; with a threshold only those that pass it.
      nearest: value of the best image that was compared, whether it passes or not; None for an
        empty index.
      vector: float32[D], the query's features.
    """

    query: str
    image: Any
    matches: tuple
    nearest: float | None
    vector: np.ndarray


@dataclasses.dataclass(frozen=True)
class SearchResult:
    """Answers to all queries, and how they came about.

    Attributes:
      index: {"path", "images"} of the index.
      model: {"system", "fingerprint", "name"}.
      measure: DISTANCE or SCORE.
      options: {flag: value} of the search.
      threshold: {"value", "calibrated_on", ...}, a point of the calibration (see
        `Calibration.find_point`) that matches must pass; None without one.
      answers: tuple of `Answer`.
      skipped: ((query, reason), ...) of those that cannot be read.
    """

    index: dict
    model: dict
    measure: str
    options: dict
    threshold: dict | None
    answers: tuple
    skipped: tuple = ()

    def to_json(self):
        """Returns the result as what `json.dumps` takes; docs/searching.md describes it."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "index": self.index,
            "model": self.model,
            "measure": self.measure,
            "better": "smaller" if self.measure == DISTANCE else "larger",
            "options": self.options,
            "threshold": self.threshold,
            "queries": [self._describe(answer) for answer in self.answers],
            "skipped": [{"query": query, "reason": reason} for query, reason in self.skipped],
        }

    def _describe(self, answer):
        matches = [self._describe_match(match) for match in answer.matches]
        return {
            "query": answer.query,
            "no_match": self.threshold is not None and not matches,
            "nearest": answer.nearest,
            "matches": matches,
        }

    def _describe_match(self, match):
        fields = dataclasses.asdict(match)
        fields[self.measure] = fields.pop("value")
        return fields


def format_result(result):
    """Returns the answers as a table for people; what could move a terminal's cursor is escaped."""
    blocks = [_format_answer(result, answer) for answer in result.answers]
    blocks += [f"skipped {escape(str(query))}: {reason}" for query, reason in result.skipped]
    return "\n\n".join(blocks)


def _format_answer(result, answer):
    lines = [escape(answer.query)]
    if not answer.matches:
        return "\n".join([*lines, f"  {tell_no_match(result, answer)}"])
    has_reranked = answer.matches[0].reranked is not None
    head = ["rank", result.measure, *(["reranked"] if has_reranked else []), "pid", "camera", "id"]
    rows = [head + ["path"]]
    for match in answer.matches:
        row = [str(match.rank), f"{match.value:.4f}"]
        row += [f"{match.reranked:.4f}"] if has_reranked else []
        row += [tell_label(match.pid), tell_label(match.camid), str(match.id), escape(match.path)]
        rows.append(row)
    return "\n".join([*lines, *align(rows)])


def align(rows):
    """Returns the lines of a table: all columns but the last are set to the right."""
    widths = [max(map(len, column)) for column in list(zip(*rows))[:-1]]
    return [
        "  ".join(["", *(cell.rjust(width) for cell, width in zip(row, widths)), row[-1]])
        for row in rows
    ]


def tell_no_match(result, answer):
    """Returns why an answer has no matches."""
    if answer.nearest is None:
        return "no match: the index is empty"
    if result.threshold is None:
        return "no match"
    side = "above" if result.measure == DISTANCE else "below"
    return (
        f"no match: the nearest image has {result.measure} {answer.nearest:.4f}, {side} the "
        f"threshold {result.threshold['value']:.4f} of "
        f"{result.threshold['false_accepts_percent']:g} % false accepts"
    )


def tell_label(label):
    """Returns a pid or camid for people."""
    return "-" if label is None else str(label)


def escape(text):
    """Returns text without characters that control a terminal or cannot be encoded."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
