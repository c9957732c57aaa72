"""Ranked sheets: a query beside the gallery images that a network puts first.

One sheet shows one query; sheets are stacked under one another into a figure with a legend.
"""

import dataclasses
import math
from typing import Any

import numpy as np

from tfreid.figures.canvas import (
    CROSS,
    GRAY,
    GREEN,
    INK,
    PALE,
    RED,
    TICK,
    draw_frame,
    draw_text,
    fit_image,
    make_canvas,
    measure_text,
)
from tfreid.figures.captions import describe_number, describe_pid
from tfreid.figures.images import read_image

MARGIN = 16
HEADER = 30  # height of the line above the pictures
CELL_WIDTH, CELL_HEIGHT = 100, 200  # the picture inside its frame
FRAME = 6
GAP = 10  # between two cells
QUERY_GAP = 30  # between the query and the first match
CAPTION = 44  # height of the two lines below a picture

_STEP = CELL_WIDTH + 2 * FRAME + GAP


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


def locate_cell(position):
    """Returns the outer box (left, top, right, bottom) of a frame on a sheet, in pixels.

    Position 0 is the query; position r >= 1 is the match of rank r. Right and bottom are excluded.
    """
    left = MARGIN + position * _STEP + (QUERY_GAP - GAP if position else 0)
    return (left, HEADER, left + CELL_WIDTH + 2 * FRAME, HEADER + CELL_HEIGHT + 2 * FRAME)


def draw_ranked_sheet(
    query, query_label, matches, title="", average_precision=None, columns=10, measure=""
):
    """Draws one query and its best gallery images, best first.

    Frames are green and whole around the query's identity, red and dashed around any other; below
    each picture stand its rank, value, identity and camera.

    Args:
      query: the query's file, or uint8[H, W, 3].
      query_label: what stands below the query, such as "id 7 · cam 3".
      matches: sequence of `Match`, best first; what is beyond `columns` is left out.
      title: what stands above: the model, the data set.
      average_precision: this query's AP in percent, NaN if it has no match; None: not shown.
      columns: width of the sheet in gallery images.
      measure: a short word before each value, such as "score"; may be empty.

    Returns:
      uint8[height, width, 3].

    Raises:
      InputError: for an image that is missing or cannot be read.
    """
    right, bottom = locate_cell(columns)[2:]
    sheet = make_canvas(right + MARGIN, bottom + CAPTION)
    _draw_header(sheet, title, _describe_result(matches, average_precision))
    _draw_query(sheet, query, query_label)
    for rank, match in enumerate(matches[:columns], start=1):
        _draw_match(sheet, rank, match, measure)
    if not matches:
        left, top = locate_cell(1)[:2]
        draw_text(sheet, (left, top), "no gallery image to compare with", color=GRAY)
    return np.asarray(sheet)


def stack_sheets(sheets, title="", metric="distance"):
    """Returns uint8[height, width, 3]: sheets under one another, a title above, a legend below.

    Args:
      sheets: what `draw_ranked_sheet` returned, equally wide or not.
      title: one line above all; may be empty.
      metric: what the numbers in the captions are, such as "Euclidean distance".
    """
    if not sheets:
        raise ValueError("there are no sheets to stack.")
    rule, head, foot = 9, 44 if title else 12, 40
    width = max(sheet.shape[1] for sheet in sheets)
    height = head + sum(sheet.shape[0] + rule for sheet in sheets) + foot
    figure = make_canvas(width, height)
    draw_text(figure, (MARGIN, 14), title, size=17, bold=True, width=width - 2 * MARGIN)
    top = head
    for sheet in sheets:
        figure.paste(read_image(sheet), (0, top))
        top += sheet.shape[0] + rule
        figure.paste(PALE, (MARGIN, top - rule // 2 - 1, width - MARGIN, top - rule // 2))
    _draw_legend(figure, top + foot // 2 + 2, metric)
    return np.asarray(figure)


def _draw_header(sheet, title, result):
    middle = HEADER // 2 - 2
    room = sheet.width - 2 * MARGIN
    draw_text(sheet, (sheet.width - MARGIN, middle), result, bold=True, anchor="rm")
    room -= measure_text(result, 13, bold=True) + GAP
    draw_text(sheet, (MARGIN, middle), title, color=GRAY, anchor="lm", width=room)


def _draw_query(sheet, query, label):
    box = locate_cell(0)
    _paste_picture(sheet, query, box)
    draw_frame(sheet, box, INK, FRAME)
    draw_text(sheet, (box[0], box[3] + 5), "query", bold=True)
    draw_text(sheet, (box[0], box[3] + 23), label, 12, GRAY, width=_STEP + QUERY_GAP - GAP)


def _draw_match(sheet, rank, match, measure):
    box = locate_cell(rank)
    color, sign = (GREEN, TICK) if match.correct else (RED, CROSS)
    _paste_picture(sheet, match.path, box)
    draw_frame(sheet, box, color, FRAME, dashed=not match.correct)
    left, _, right, bottom = box
    draw_text(sheet, (left, bottom + 5), f"{rank} {sign}", color=color, bold=True)
    value = f"{measure} {describe_number(match.value)}".strip()
    draw_text(sheet, (right, bottom + 5), value, 11 if measure else 13, anchor="ra")
    room = right - left
    draw_text(sheet, (right, bottom + 23), f"cam {match.camid}", 12, GRAY, anchor="ra")
    room -= measure_text(f"cam {match.camid}", 12) + 4
    draw_text(sheet, (left, bottom + 23), describe_pid(match.pid), 12, GRAY, width=room)


def _paste_picture(sheet, source, box):
    picture = fit_image(read_image(source), CELL_WIDTH, CELL_HEIGHT)
    sheet.paste(picture, (box[0] + FRAME, box[1] + FRAME))


def _draw_legend(figure, middle, metric):
    x = MARGIN
    for color, dashed, text in (
        (GREEN, False, f"{TICK} same identity as the query"),
        (RED, True, f"{CROSS} another identity"),
    ):
        draw_frame(figure, (x, middle - 9, x + 30, middle + 9), color, 3, dashed)
        draw_text(figure, (x + 38, middle), text, 12, INK, anchor="lm")
        x += 38 + measure_text(text, 12) + 28
    text = f"Below each picture: rank, {metric}, identity, camera."
    draw_text(figure, (x, middle), text, 12, GRAY, anchor="lm", width=figure.width - x - MARGIN)


def _describe_result(matches, average_precision):
    words = []
    if average_precision is not None and math.isnan(average_precision):
        words.append("no true match in the gallery")
    elif average_precision is not None:
        words.append(f"AP {average_precision:.1f} %")
    if matches:
        words.append(f"rank-1 {TICK} right" if matches[0].correct else f"rank-1 {CROSS} wrong")
    return "   ".join(words)
