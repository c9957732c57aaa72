"""Ranked sheets: queries beside the gallery images that a network puts first."""

import dataclasses
import math
from typing import Any

from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from tfreid.figures.canvas import (
    CROSS,
    DASHES,
    GRAY,
    GREEN,
    INK,
    PALE,
    RED,
    TICK,
    add_panel,
    draw_frame,
    make_figure,
    measure_figure,
    render_figure,
    show_picture,
    write,
)
from tfreid.figures.lettering import describe_camera, describe_number, describe_pid

MARGIN, FRAME, GAP, QUERY_GAP = 16, 6, 10, 30  # the last: between the query and the first match
TITLE, HEADER, CAPTION, LEGEND = 44, 30, 53, 40  # heights of the lines around the pictures
WIDTH, HEIGHT = 100, 200  # of a picture inside its frame

_STEP = WIDTH + 2 * FRAME + GAP


@dataclasses.dataclass(frozen=True)
class Match:
    """One gallery image in a ranked list.

    Attributes:
      path: its file, or uint8[H, W, 3].
      pid: its identity.
      camid: its camera.
      value: its distance to the query, or the score of the pair.
      correct: whether it shows the query's identity.
    """

    path: Any
    pid: int
    camid: int
    value: float
    correct: bool


@dataclasses.dataclass(frozen=True)
class RankedList:
    """One query and its best gallery images.

    Attributes:
      path: the query's file, or uint8[H, W, 3].
      label: what stands below the query, such as "id 7 · cam 3".
      matches: sequence of `Match`, best first.
      name: what stands above, such as the file's name.
      average_precision: this query's AP in percent, NaN if it has no match; None: not shown.
    """

    path: Any
    label: str
    matches: Any
    name: str = ""
    average_precision: Any = None


def draw_sheet(lists, *arguments, **words):
    """Returns `make_sheet` as uint8[height, width, 3]."""
    return render_figure(make_sheet(lists, *arguments, **words))


def make_sheet(lists, title="", metric="distance", measure="", columns=10):
    """Draws ranked lists under one another, a title above, a legend below.

    Frames are green and whole around the query's identity, red and dashed around any other; below
    each picture stand its rank, value, identity and camera.

    Args:
      lists: sequence of `RankedList`.
      title: one line above all.
      metric: what the values are, such as "Euclidean distance", for the legend.
      measure: a short word before each value, such as "score"; may be empty.
      columns: width in gallery images; matches beyond are left out.

    Returns:
      `matplotlib.figure.Figure`; its axes are the pictures, each query before its matches.

    Raises:
      ValueError: if there is no list.
      InputError: for an image that is missing or cannot be read.
    """
    if not lists:
        raise ValueError("there is no ranked list to draw.")
    across = 2 * MARGIN + (columns + 1) * _STEP - GAP + QUERY_GAP - GAP
    block = HEADER + HEIGHT + 2 * FRAME + CAPTION
    figure = make_figure(across, TITLE + len(lists) * block + LEGEND)
    write(figure, MARGIN, 14, title, 17, bold=True, width=across - 2 * MARGIN)
    for number, ranked in enumerate(lists):
        top = TITLE + number * block
        _draw_header(figure, top, ranked)
        _draw_list(figure, top + HEADER, ranked, measure, columns)
        _draw_rule(figure, top + block - 5)
    _draw_legend(figure, f"Below each picture: rank, {metric}, identity, camera.")
    return figure


def _draw_header(figure, top, ranked):
    right = measure_figure(figure)[0] - MARGIN
    result = write(figure, right, top + 5, _describe_result(ranked), bold=True, align="right")
    room = right - MARGIN - result.get_window_extent().width - GAP
    write(figure, MARGIN, top + 5, ranked.name, color=GRAY, width=room)


def _draw_list(figure, top, ranked, measure, columns):
    bottom = top + HEIGHT + 2 * FRAME
    _draw_cell(figure, MARGIN, top, ranked.path, INK)
    write(figure, MARGIN, bottom + 5, "query", bold=True)
    write(figure, MARGIN, bottom + 23, ranked.label, 12, GRAY, width=_STEP)
    for rank, match in enumerate(ranked.matches[:columns], start=1):
        left = MARGIN + rank * _STEP + QUERY_GAP - GAP
        color, sign = (GREEN, TICK) if match.correct else (RED, CROSS)
        _draw_cell(figure, left, top, match.path, color, dashed=not match.correct)
        write(figure, left, bottom + 5, f"{rank} {sign}", color=color, bold=True)
        value = f"{measure} {describe_number(match.value)}".strip()
        right = left + WIDTH + 2 * FRAME
        write(figure, right, bottom + 5, value, 11 if measure else 13, align="right")
        camera = write(
            figure,
            right,
            bottom + 23,
            describe_camera(match.camid),
            12,
            GRAY,
            align="right",
            width=(right - left) / 2,
        )
        room = right - left - camera.get_window_extent().width - 4
        write(figure, left, bottom + 23, describe_pid(match.pid), 12, GRAY, width=room)
    if not ranked.matches:
        left = MARGIN + _STEP + QUERY_GAP - GAP
        write(figure, left, top, "no gallery image to compare with", color=GRAY)


def _draw_cell(figure, left, top, source, color, dashed=False):
    panel = add_panel(figure, left + FRAME, top + FRAME, WIDTH, HEIGHT)
    show_picture(panel, source)
    draw_frame(panel, color, FRAME, dashed)


def _draw_rule(figure, top):
    across, down = measure_figure(figure)
    ends = [MARGIN / across, 1 - MARGIN / across]
    figure.add_artist(Line2D(ends, [1 - top / down] * 2, color=PALE, linewidth=1))


def _draw_legend(figure, text):
    across, down = measure_figure(figure)
    frames = [
        Rectangle(
            (0, 0), 1, 1, fill=False, edgecolor=color, linewidth=3, linestyle=line, label=name
        )
        for color, line, name in (
            (GREEN, "solid", f"{TICK} same identity as the query"),
            (RED, DASHES, f"{CROSS} another identity"),
        )
    ]
    legend = figure.legend(
        handles=frames,
        loc="center left",
        bbox_to_anchor=(MARGIN / across, 20 / down),
        ncols=2,
        borderpad=0,
        borderaxespad=0,
        frameon=False,
        handleheight=1.3,
        prop={"size": 12},
        labelcolor=INK,
    )
    left = legend.get_window_extent().x1 + 28
    write(figure, left, down - 27, text, 12, GRAY, width=across - left - MARGIN)


def _describe_result(ranked):
    words, precision = [], ranked.average_precision
    if precision is not None and math.isnan(precision):
        words.append("no true match in the gallery")
    elif precision is not None:
        words.append(f"AP {precision:.1f} %")
    if ranked.matches:
        is_right = ranked.matches[0].correct
        words.append(f"rank-1 {TICK} right" if is_right else f"rank-1 {CROSS} wrong")
    return "   ".join(words)
