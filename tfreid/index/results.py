"""Answers of a search, and their forms as JSON and as a table."""

import dataclasses
from typing import Any

import numpy as np

from tfreid.data.oddities import describe
from tfreid.escaping import escape
from tfreid.index.grouping import group_matches

FORMAT, VERSION = "tfreid.search", 1
DISTANCE, SCORE = "distance", "score"  # what is measured: SONA-Net's, KVM-MN's
BAR = 5  # steps of a bar


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
      expected_strangers: how many images of other people, of all in the index, are expected to be
        as near to a query; None without a calibration. See `searching.judge_answers`.
      alike: that in words.
    """

    rank: int
    id: int
    path: str
    pid: int | str | None
    camid: int | str | None
    value: float
    reranked: float | None = None
    expected_strangers: float | None = None
    alike: str | None = None


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
      oddities: kinds of `tfreid.data.oddities` that the query is of.
      itself: ids of images of the query's own content, which were left out.
    """

    query: str
    image: Any
    matches: tuple
    nearest: float | None
    vector: np.ndarray
    oddities: tuple = ()
    itself: tuple = ()


@dataclasses.dataclass(frozen=True)
class SearchResult:
    """Answers to all queries, and how they came about.

    Attributes:
      index: {"path", "images", "searched"} of the index: how many it holds, and how many of them
        a query was compared with.
      model: {"system", "fingerprint", "name"}.
      measure: DISTANCE or SCORE.
      options: {flag: value} of the search.
      threshold: {"value", "calibrated_on", "expected_strangers", ...}, a point of the calibration
        (see `Calibration.find_point`) that matches must pass; None without one.
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
            "oddities": list(answer.oddities),
            "itself": list(answer.itself),
            "matches": matches,
        }

    def _describe_match(self, match):
        fields = dataclasses.asdict(match)
        fields[self.measure] = fields.pop("value")
        return fields


def format_result(result):
    """Returns the answers as a table for people."""
    blocks = [_format_answer(result, answer) for answer in result.answers]
    blocks += [escape(f"skipped {query}: {reason}") for query, reason in result.skipped]
    return "\n\n".join([*blocks, tell_strangers(result)])


def _format_answer(result, answer):
    lines = [escape(answer.query), *(f"  Note: {note}" for note in tell_notes(answer))]
    if not answer.matches:
        return "\n".join([*lines, f"  {tell_no_match(result, answer)}"])
    first = answer.matches[0]
    head = ["rank", result.measure, *(["reranked"] if first.reranked is not None else [])]
    head += ["strangers", "", ""] if first.alike is not None else []
    titles, rows = {}, [[*head, "pid", "camera", "id", "path"]]
    for title, group in group_matches(answer.matches, result.options.get("group_by")):
        titles[len(rows)] = title
        rows += map(_make_row, group)
    for number, line in enumerate(align(rows)):
        lines += [f"  {titles[number]}"] if titles.get(number) else []
        lines.append(line)
    return "\n".join(lines)


def _make_row(match):
    row = [str(match.rank), f"{match.value:.4f}"]
    if match.reranked is not None:
        row.append(f"{match.reranked:.4f}")
    if match.alike is not None:
        full = measure_bar(match.expected_strangers)
        row += [tell_number(match.expected_strangers), "#" * full + "." * (BAR - full), match.alike]
    return [*row, tell_label(match.pid), tell_label(match.camid), str(match.id), escape(match.path)]


def tell_notes(answer):
    """Returns what is odd about a query, in sentences."""
    notes = [describe(kind) for kind in answer.oddities]
    if answer.itself:
        ids = ", ".join(f"id:{number}" for number in answer.itself)
        notes.append(f"The query itself is in the index, and left out: {ids}.")
    return notes


def measure_bar(strangers):
    """Returns how many of `BAR` steps are full: one less for ten times the strangers, 3 for one."""
    return int(np.clip(3 - np.ceil(np.log10(max(strangers, 1e-9))), 0, BAR))


def align(rows):
    """Returns the lines of a table: all columns but the last are set to the right."""
    widths = [max(map(len, column)) for column in list(zip(*rows))[:-1]]
    return [
        "  ".join(["", *(cell.rjust(width) for cell, width in zip(row, widths)), row[-1]])
        for row in rows
    ]


def tell_strangers(result):
    """Returns how many strangers the answers must be expected to hold."""
    images = f"{result.index['searched']:,} images of the index"
    if result.threshold:
        number = tell_number(result.threshold["expected_strangers"])
        return (
            f"Of the {images}, {number} of strangers are expected to pass this threshold for each "
            "query: a match is a reason to look, no proof."
        )
    if any(match.alike for answer in result.answers for match in answer.matches):
        return (
            f"strangers: of the {images}, so many of other people are expected to be as near, by "
            "the calibration: a match is a reason to look, no proof."
        )
    return (
        f"Among the {images} somebody is always the nearest. How many strangers come as near is "
        "not known: the index is not calibrated."
    )


def tell_number(number):
    """Returns an expected number of strangers, in two digits below 10."""
    # In two digits 9.95 is 10 already.
    return f"{number:,.0f}" if number >= 9.95 else f"{number:.2g}"


def tell_no_match(result, answer):
    """Returns why an answer has no matches."""
    if answer.nearest is None:
        return (
            f"no match: the index {'holds the query itself only' if answer.itself else 'is empty'}"
        )
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
