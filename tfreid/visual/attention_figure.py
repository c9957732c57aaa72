"""A figure of attention: views of people under one another, reference positions side by side."""

import dataclasses

import numpy as np
from PIL import Image

from tfreid.visual.attention import (
    PANEL_HEIGHT,
    choose_references,
    draw_attention,
    enlarge_picture,
    mark_reference,
    select_weights,
)
from tfreid.visual.canvas import (
    GRAY,
    GREEN,
    INK,
    RED,
    draw_mark,
    draw_text,
    make_canvas,
    measure_text,
)
from tfreid.visual.heatmap import color_heat
from tfreid.visual.images import read_image

MARGIN = 16
GAP = 8  # between two panels
TITLE = 40
NAMES = 24  # height of the references' names above their columns
CAPTION = 30  # height of the line below a row of panels
LEGEND = 44
LEGEND_WIDTH = 600  # a narrower figure would cut the legend
BLOCK_GAP = 32  # between two views side by side


@dataclasses.dataclass(frozen=True)
class View:
    """One picture and the attention of a network that looked at it.

    Attributes:
      image: uint8[H, W, 3], as the network saw it.
      attention: float[h, w, h, w]; attention[y, x] holds the weights of position (y, x).
      label: what stands below it, such as "id 7 · cam 3".
    """

    image: np.ndarray
    attention: np.ndarray
    label: str = ""


def draw_attention_figure(
    views, references=None, top=10, title="", columns=1, panel_height=PANEL_HEIGHT
):
    """Draws each view as a row of panels: the picture, then one panel per reference.

    Every panel's colors run from its own smallest to its own largest weight; the caption says how
    large the largest is, as a multiple of the weight that even attention gives to all positions.

    Args:
      views: sequence of `View`, their pictures and their maps of one size.
      references: sequence of `Reference`; None: `choose_references` of the map.
      top: red points per panel.
      title: a line above all.
      columns: views side by side, before the next ones stand under them.
      panel_height: height of a panel in pixels.

    Returns:
      uint8[height, width, 3].

    Raises:
      ValueError: if there is no view, sizes differ, shapes disagree or a reference is outside.
    """
    _check_views(views)
    if references is None:
        references = choose_references(views[0].attention.shape[:2])
    columns = min(columns, len(views))
    step = max(enlarge_picture(views[0].image, panel_height).shape[1], 96) + GAP
    block = (1 + len(references)) * step - GAP
    rows = -(-len(views) // columns)
    width = 2 * MARGIN + columns * (block + BLOCK_GAP) - BLOCK_GAP
    height = TITLE + NAMES + rows * (panel_height + CAPTION) + LEGEND
    figure = make_canvas(max(width, LEGEND_WIDTH), height)
    draw_text(figure, (MARGIN, 13), title, 16, bold=True, width=figure.width - 2 * MARGIN)
    for i, view in enumerate(views):
        row, column = divmod(i, columns)
        left, upper = MARGIN + column * (block + BLOCK_GAP), TITLE + NAMES
        if row == 0:
            _draw_names(figure, (left, TITLE + 3), step, references)
        corner = (left, upper + row * (panel_height + CAPTION))
        _draw_view(figure, corner, step, view, references, top, panel_height)
    _draw_legend(figure, height - LEGEND + 20, top)
    return np.asarray(figure)


def _check_views(views):
    if not views:
        raise ValueError("there is no view to draw.")
    for name in ("image", "attention"):
        shapes = {np.shape(getattr(view, name)) for view in views}
        if len(shapes) > 1:
            raise ValueError(f"the views differ in the shape of {name}: {sorted(shapes)}.")


def _draw_names(figure, corner, step, references):
    for i, name in enumerate(["picture"] + [reference.name for reference in references]):
        draw_text(figure, (corner[0] + i * step, corner[1]), name, width=step - GAP)


def _draw_view(figure, corner, step, view, references, top, panel_height):
    left, upper = corner
    below = upper + panel_height + 4
    picture = Image.fromarray(enlarge_picture(view.image, panel_height))
    for reference in references:
        mark_reference(picture, (reference.row, reference.col), view.attention.shape[:2])
    figure.paste(picture, corner)
    draw_text(figure, (left, below), view.label, 12, INK, width=step - GAP)
    for i, reference in enumerate(references, start=1):
        place = (reference.row, reference.col)
        panel = draw_attention(view.image, view.attention, place, top, panel_height)
        figure.paste(read_image(panel), (left + i * step, upper))
        weights = select_weights(view.attention, place)
        text = f"peak {weights.max() / weights.mean():.3g} x even"
        draw_text(figure, (left + i * step, below), text, 12, GRAY, width=step - GAP)


def _draw_legend(figure, middle, count):
    x = MARGIN
    for color, shape, text in (
        (GREEN, "square", "reference"),
        (RED, "circle", f"its {count} strongest related positions"),
    ):
        draw_mark(figure, (x + 6, middle), 5, color, shape)
        draw_text(figure, (x + 18, middle), text, 12, anchor="lm")
        x += 18 + measure_text(text, 12) + 20
    ramp = np.tile(color_heat(np.linspace(0, 1, 80)), (10, 1, 1))
    figure.paste(Image.fromarray(ramp), (x, middle - 5))
    text = "attention, least to most in the panel"
    draw_text(figure, (x + 88, middle), text, 12, anchor="lm", width=figure.width - x - 100)
