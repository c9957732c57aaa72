"""A figure of attention: views of people under one another, reference positions side by side."""

import dataclasses

import numpy as np
from PIL import Image

from tfreid.figures.attention import (
    PANEL_HEIGHT,
    choose_references,
    describe_peak,
    draw_attention,
    enlarge_picture,
    level_reference,
    mark_reference,
    select_weights,
)
from tfreid.figures.canvas import GRAY, GREEN, INK, RED, draw_text, make_canvas
from tfreid.figures.legend import draw_heat_legend

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


@dataclasses.dataclass(frozen=True)
class FigureLayout:
    """Where panels lie on a figure.

    Attributes:
      views: number of views.
      panels: panels of a view: the picture and one per reference.
      width: of a panel in pixels.
      height: of a panel in pixels.
      columns: views side by side.
    """

    views: int
    panels: int
    width: int
    height: int
    columns: int

    @property
    def step(self):
        """Pixels from one panel to the next; narrow panels leave room for their captions."""
        return max(self.width, 96) + GAP

    @property
    def size(self):
        """(width, height) of the figure in pixels."""
        columns, rows = min(self.columns, self.views), -(-self.views // self.columns)
        width = self.locate(columns - 1, self.panels)[0] - GAP + MARGIN
        height = TITLE + NAMES + rows * (self.height + CAPTION) + LEGEND
        return max(width, LEGEND_WIDTH), height

    def locate(self, view, panel):
        """Returns the corner (left, top) of a panel; panel 0 is the picture itself."""
        row, column = divmod(view, self.columns)
        left = MARGIN + column * (self.panels * self.step + BLOCK_GAP) + panel * self.step
        return left, TITLE + NAMES + row * (self.height + CAPTION)


def draw_attention_figure(
    views, references=None, top=10, title="", columns=1, panel_height=PANEL_HEIGHT
):
    """Draws each view as a row of panels: the picture, then one panel per reference.

    Every panel's colors run from the smallest to the largest weight of the positions other than the
    reference; the caption says how large that largest is, as a multiple of the weight that uniform
    attention gives to all positions.

    Args:
      views: sequence of `View`, their pictures and their maps of one size.
      references: sequence of `Reference`; None: `choose_references` of the map.
      top: red points per panel.
      title: a line above all.
      columns: views side by side, before the next ones stand under them.
      panel_height: height of a panel in pixels.

    Returns:
      uint8[height, width, 3]; `FigureLayout` says what lies where.

    Raises:
      ValueError: if there is no view, sizes differ, shapes disagree or a reference is outside.
    """
    _check_views(views)
    if references is None:
        references = choose_references(np.shape(views[0].attention)[:2])
    width = enlarge_picture(views[0].image, panel_height).shape[1]
    layout = FigureLayout(len(views), 1 + len(references), width, panel_height, columns)
    figure = make_canvas(*layout.size)
    draw_text(figure, (MARGIN, 13), title, 16, bold=True, width=figure.width - 2 * MARGIN)
    for number, view in enumerate(views):
        if number < columns:
            _draw_names(figure, layout, number, references)
        _draw_picture(figure, layout, number, view, references)
        for panel, reference in enumerate(references, start=1):
            place = (reference.row, reference.col)
            _draw_panel(figure, layout, layout.locate(number, panel), view, place, top)
    marks = (
        (GREEN, "square", "reference"),
        (RED, "circle", f"its {top} strongest related positions"),
    )
    draw_heat_legend(figure, MARGIN, figure.height - LEGEND + 20, marks)
    return np.asarray(figure)


def _check_views(views):
    if not views:
        raise ValueError("there is no view to draw.")
    for name in ("image", "attention"):
        shapes = {np.shape(getattr(view, name)) for view in views}
        if len(shapes) > 1:
            raise ValueError(f"the views differ in the shape of {name}: {sorted(shapes)}.")


def _draw_names(figure, layout, number, references):
    """Writes what the panels of a view show, above them."""
    for panel, name in enumerate(["picture", *(reference.name for reference in references)]):
        left = layout.locate(number, panel)[0]
        draw_text(figure, (left, TITLE + 3), name, width=layout.step - GAP)


def _draw_picture(figure, layout, number, view, references):
    """Draws the picture itself with all references."""
    picture = Image.fromarray(enlarge_picture(view.image, layout.height))
    for reference in references:
        mark_reference(picture, (reference.row, reference.col), np.shape(view.attention)[:2])
    corner = layout.locate(number, 0)
    figure.paste(picture, corner)
    _draw_caption(figure, layout, corner, view.label, INK)


def _draw_panel(figure, layout, corner, view, place, top):
    """Draws what one reference attends to, and how much."""
    panel = draw_attention(view.image, view.attention, place, top, layout.height)
    figure.paste(Image.fromarray(panel), corner)
    weights = select_weights(view.attention, place)
    peak = describe_peak(level_reference(weights, place).max(), weights.mean())
    _draw_caption(figure, layout, corner, peak, GRAY)


def _draw_caption(figure, layout, corner, text, color):
    place = (corner[0], corner[1] + layout.height + 4)
    draw_text(figure, place, text, 12, color, width=layout.step - GAP)
