"""KVM-MN's co-attention for a pair of images, in the manner of the paper's Figures 1 and 3.

A location of the query, the reference, asks with each of its keys, one per head, where to look: in
the query itself and in the other image (Eq. 3). Every head is drawn as two heat maps side by side.
"""

import dataclasses

import numpy as np

from tfreid.figures.canvas import (
    GRAY,
    GREEN,
    INK,
    RED,
    add_panel,
    make_figure,
    render_figure,
    write,
)
from tfreid.figures.heat import (
    choose_references,
    describe_shares,
    draw_legend,
    is_flat,
    mark,
    measure_shares,
    select_weights,
    show_heat,
    show_on_map,
    sort_positions,
)

PANEL_HEIGHT = 256  # pixels; panels are as wide as the pictures' proportions ask
MARGIN, GAP, GROUP_GAP = 16, 6, 22  # of the figure; between the panels of a group; between groups
TITLE, NAMES, CAPTION, LEGEND = 40, 42, 28, 52  # heights of the lines around the panels
MIN_STEP, MIN_WIDTH = 120, 1000  # narrower ones would cut captions, or the legend
SQUARE, POINT = 11, 7  # pixels of the marks; a point on a square leaves its rim

_BODY = ("head", "torso", "legs")  # background tells nothing about a person


@dataclasses.dataclass(frozen=True)
class _Side:
    """One image of the pair: uint8[H, W, 3], and the maps float32[heads, h, w, h, w] on it."""

    name: str
    image: np.ndarray
    maps: np.ndarray


def draw_co_attention(*arguments, **words):
    """Returns `make_co_attention_figure` as uint8[height, width, 3]."""
    return render_figure(make_co_attention_figure(*arguments, **words))


def make_co_attention_figure(
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
    heat of both, side by side. All panels share the absolute scale of `tfreid.figures.heat`; the
    caption of each tells its least and largest share, and a red point where the latter lies unless
    the map is flat.

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
      `matplotlib.figure.Figure`.

    Raises:
      ValueError: if shapes disagree, or a reference lies outside the map.
    """
    sides = (
        _Side(names[0], query_image, _unfold_maps(query_maps, map_size)),
        _Side(names[1], other_image, _unfold_maps(other_maps, map_size)),
    )
    _check_sides(sides)
    if references is None:
        references = [place for place in choose_references(map_size) if place.name in _BODY]
    height, width = np.shape(query_image)[:2]
    size = max(1, round(width * panel_height / height)), panel_height
    step = max(size[0], MIN_STEP) + GAP
    block = 2 * step - GAP + GROUP_GAP
    groups = 1 + len(sides[0].maps)
    across = max(2 * MARGIN + groups * block - GROUP_GAP, MIN_WIDTH)
    figure = make_figure(across, TITLE + NAMES + len(references) * (size[1] + CAPTION) + LEGEND)
    write(figure, MARGIN, 13, title, 16, bold=True, width=across - 2 * MARGIN)
    draw_legend(figure, MARGIN, {GREEN: "reference", RED: "where the head looks most"})
    for group in range(groups):
        left = MARGIN + group * block
        write(figure, left, TITLE, f"head {group}" if group else "pictures", bold=True)
        for number, side in enumerate(sides):
            column = left + number * step
            write(figure, column, TITLE + 20, side.name, 12, GRAY, width=step - GAP)
            _draw_column(figure, column, size, side, group, references, asks=number == 0)
    return figure


def _draw_column(figure, left, size, side, group, references, asks):
    """Draws a side's panels of one group, one below the other for each reference."""
    for row, reference in enumerate(references):
        top = TITLE + NAMES + row * (size[1] + CAPTION)
        panel = add_panel(figure, left, top, *size)
        caption, color = _draw_panel(panel, side, group, reference, asks)
        write(figure, left, top + size[1] + 4, caption, 11, color)


def _unfold_maps(maps, map_size):
    """[heads, h * w, h * w] -> float32[heads, h, w, h, w]."""
    maps, count = np.asarray(maps, np.float32), map_size[0] * map_size[1]
    if maps.ndim != 3 or maps.shape[1:] != (count, count):
        raise ValueError(
            f"maps of {map_size[0]} x {map_size[1]} locations are float[heads, {count}, {count}], "
            f"not of shape {maps.shape}."
        )
    return maps.reshape(-1, *map_size, *map_size)


def _check_sides(sides):
    for name in ("image", "maps"):
        first, second = (np.shape(getattr(side, name)) for side in sides)
        if first != second:
            raise ValueError(f"the two sides differ in the shape of {name}: {first} and {second}.")


def _draw_panel(panel, side, group, reference, asks):
    """Draws a side's picture, group 0, or a head's heat on it; returns the caption and its color.

    The reference is a location of the side that asks, the query.
    """
    caption, strongest = "", None
    if group == 0:
        show_on_map(panel, side.image, side.maps.shape[1:3])
        caption = f"reference at the {reference.name}: x {reference.col}, y {reference.row}"
    else:
        shares = measure_shares(select_weights(side.maps[group - 1], reference.place))
        show_heat(panel, side.image, shares)
        caption = describe_shares(shares)
        strongest = None if is_flat(shares) else sort_positions(shares)[0]
    if asks:
        mark(panel, reference.place, GREEN, SQUARE)
    if strongest is not None:  # on top: a head may look most at the reference itself
        mark(panel, strongest, RED, POINT)
    return (caption, GRAY) if group else (caption if asks else "", INK)
