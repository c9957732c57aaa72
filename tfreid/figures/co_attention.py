"""KVM-MN's co-attention for a pair of images, in the manner of the paper's Figures 1 and 3.

A location of the query, the reference, asks with each of its keys, one per head, where to look: in
the query itself and in the other image (Eq. 3). Every head is drawn as two heat maps side by side.
"""

import dataclasses

import numpy as np
from PIL import Image

from tfreid.figures.attention import (
    choose_references,
    describe_peak,
    draw_heat_panel,
    enlarge_picture,
    mark_reference,
    mark_related,
    select_weights,
    sort_positions,
)
from tfreid.figures.canvas import GRAY, GREEN, INK, RED, draw_text, make_canvas
from tfreid.figures.legend import draw_heat_legend

PANEL_HEIGHT = 256  # pixels

MARGIN = 16
GAP = 6  # between the two panels of a group
GROUP_GAP = 22
TITLE = 40
NAMES = 42  # two lines: the head, and which image is which
CAPTION = 28  # height of the line below a row of panels
LEGEND = 40
REFERENCE_SHARE = 1 / 50  # of the panel's height: a red point on the green square leaves its rim
MIN_WIDTH = 820  # a narrower figure would cut the title

_BODY = ("head", "torso", "legs")  # background tells nothing about a person


@dataclasses.dataclass(frozen=True)
class PairLayout:
    """Where panels lie on a figure: a row per reference, a group of two panels per head.

    Attributes:
      rows: reference positions.
      groups: the two pictures, group 0, and one group per head.
      width: of a panel in pixels.
      height: of a panel in pixels.
    """

    rows: int
    groups: int
    width: int
    height: int

    @property
    def step(self):
        """Pixels from the query's panel to the other image's; captions need their room."""
        return max(self.width, 120) + GAP

    @property
    def size(self):
        """(width, height) of the figure in pixels."""
        width = self.locate(0, self.groups, 0)[0] - GAP - GROUP_GAP + MARGIN
        height = TITLE + NAMES + self.rows * (self.height + CAPTION) + LEGEND
        return max(width, MIN_WIDTH), height

    def locate(self, row, group, side):
        """Returns the corner (left, top) of a panel; side 0 is the query, 1 the other image."""
        left = MARGIN + group * (2 * self.step + GROUP_GAP) + side * self.step
        return left, TITLE + NAMES + row * (self.height + CAPTION)


def draw_co_attention(
    query_image,
    other_image,
    query_maps,
    other_maps,
    map_size,
    references=None,
    title="",
    names=("query", "other image"),
    panel_height=PANEL_HEIGHT,
):
    """Draws where each head looks in both images, for some locations of the query.

    A row per reference: the query with the reference and the other image, then for each head the
    heat maps of both, side by side. A panel's colors run from its smallest to its largest weight;
    the caption says how far the largest exceeds uniform attention, and a red point where it lies.

    Args:
      query_image: uint8[H, W, 3].
      other_image: uint8[H, W, 3].
      query_maps: float[heads, h * w, h * w]; [n, y * w + x] holds what head n attends to in the
        query when location (y, x) of the query asks.
      other_maps: the same in the other image.
      map_size: (h, w).
      references: sequence of `Reference`; None: where head, torso and legs usually are.
      title: a line above all.
      names: what the two images are called above their panels.
      panel_height: height of a panel in pixels.

    Returns:
      uint8[height, width, 3]; `PairLayout` says what lies where.

    Raises:
      ValueError: if shapes disagree, or a reference lies outside the map.
    """
    sides = (
        _Side(names[0], query_image, _unfold_maps(query_maps, map_size)),
        _Side(names[1], other_image, _unfold_maps(other_maps, map_size)),
    )
    if references is None:
        references = [place for place in choose_references(map_size) if place.name in _BODY]
    layout = _make_layout(sides, len(references), panel_height)
    figure = make_canvas(*layout.size)
    draw_text(figure, (MARGIN, 13), title, 16, bold=True, width=figure.width - 2 * MARGIN)
    _draw_names(figure, layout, names)
    for row, reference in enumerate(references):
        for number, side in enumerate(sides):
            _draw_side(figure, layout, row, number, side, reference)
    marks = ((GREEN, "square", "reference"), (RED, "circle", "where the head looks most"))
    draw_heat_legend(figure, MARGIN, figure.height - LEGEND + 20, marks)
    return np.asarray(figure)


@dataclasses.dataclass(frozen=True)
class _Side:
    """One image of the pair: uint8[H, W, 3], and the maps float32[heads, h, w, h, w] on it."""

    name: str
    image: np.ndarray
    maps: np.ndarray


def _unfold_maps(maps, map_size):
    """[heads, h * w, h * w] -> float32[heads, h, w, h, w]."""
    maps, count = np.asarray(maps, np.float32), map_size[0] * map_size[1]
    if maps.ndim != 3 or maps.shape[1:] != (count, count):
        raise ValueError(
            f"maps of {map_size[0]} x {map_size[1]} locations are float[heads, {count}, {count}], "
            f"not of shape {maps.shape}."
        )
    return maps.reshape(-1, *map_size, *map_size)


def _make_layout(sides, rows, panel_height):
    for name in ("image", "maps"):
        first, second = (np.shape(getattr(side, name)) for side in sides)
        if first != second:
            raise ValueError(f"the two sides differ in the shape of {name}: {first} and {second}.")
    width = enlarge_picture(sides[0].image, panel_height).shape[1]
    return PairLayout(rows, 1 + len(sides[0].maps), width, panel_height)


def _draw_names(figure, layout, names):
    """Writes heads, and below them which image is which, above the panels."""
    for group in range(layout.groups):
        left = layout.locate(0, group, 0)[0]
        head = f"head {group}" if group else "pictures"
        draw_text(figure, (left, TITLE), head, bold=True, width=2 * layout.step - GAP)
        for side, name in enumerate(names):
            place = (layout.locate(0, group, side)[0], TITLE + 20)
            draw_text(figure, place, name, 12, GRAY, width=layout.step - GAP)


def _draw_side(figure, layout, row, number, side, reference):
    """Draws one image's panels of a row: the picture itself, then every head's heat map."""
    place = (reference.row, reference.col)
    panels, strongest = [Image.fromarray(enlarge_picture(side.image, layout.height))], [None]
    if number == 0:  # the reference is a location of the query
        _write_below(figure, layout, (row, 0, 0), _describe_reference(reference), INK, 2)
    for head, maps in enumerate(side.maps, start=1):
        weights = select_weights(maps, place)
        peak = describe_peak(weights.max(), weights.mean())
        _write_below(figure, layout, (row, head, number), peak, GRAY)
        panels.append(draw_heat_panel(side.image, weights, panel_height=layout.height))
        strongest.append(sort_positions(weights)[0])
    for group, panel in enumerate(panels):
        if number == 0:
            mark_reference(panel, place, side.maps.shape[1:3], REFERENCE_SHARE)
        if group:  # on top: a head may look most at the reference itself
            mark_related(panel, strongest[group], side.maps.shape[1:3])
        figure.paste(panel, layout.locate(row, group, number))


def _describe_reference(reference):
    return f"reference at the {reference.name}: x {reference.col}, y {reference.row}"


def _write_below(figure, layout, place, text, color, panels=1):
    """Writes a caption below a panel, as wide as some panels."""
    left, top = layout.locate(*place)
    room = panels * layout.step - GAP
    draw_text(figure, (left, top + layout.height + 4), text, 11, color, width=room)
