"""SONA's attention in the manner of the paper's Figure 3, views of people beside one another.

A position of the feature map, the reference, attends to all positions: one row of the softmax of
Eq. (2). It is drawn over the picture as heat, with the reference in green and the positions that it
attends to most in red.
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
    FLAT,
    choose_references,
    describe_shares,
    draw_legend,
    mark,
    measure_shares,
    select_weights,
    show_heat,
    show_on_map,
    sort_positions,
)

PANEL_HEIGHT = 384  # pixels; panels are as wide as the picture's proportions ask
MARGIN, GAP, BLOCK_GAP = 16, 8, 32  # of the figure; between panels; between views
TITLE, NAMES, CAPTION, LEGEND = 40, 24, 30, 52  # heights of the lines around the panels
MIN_STEP, MIN_WIDTH = 112, 1000  # narrower ones would cut captions, or the legend
SQUARE, POINT = 12, 9  # pixels of the marks


@dataclasses.dataclass(frozen=True)
class View:
    """One picture and the attention of a network that looked at it.

    Attributes:
      image: uint8[H, W, 3], as the network saw it.
      attention: float[h, w, h, w]; attention[y, x] holds the weights of position (y, x). The map
        need not have the picture's proportions.
      label: what stands below it, such as "id 7 · cam 3".
    """

    image: np.ndarray
    attention: np.ndarray
    label: str = ""


def draw_attention_figure(views, *arguments, **words):
    """Returns `make_attention_figure` as uint8[height, width, 3]."""
    return render_figure(make_attention_figure(views, *arguments, **words))


def make_attention_figure(
    views, references=None, top=10, title="", columns=1, panel_height=PANEL_HEIGHT
):
    """Draws what some reference positions of some views attend to.

    All panels share the absolute scale of `tfreid.figures.heat`; the caption of each tells its
    least and largest share, and says so where the map is flat.

    Args:
      views: sequence of `View`, all of one size and map.
      references: sequence of `Reference`; None: `choose_references`.
      top: red points per panel: the reference's strongest relations, itself left out, as far as
        they exceed what counts as flat.
      title: a line above all.
      columns: views side by side, before the next ones stand under them.
      panel_height: height of a panel in pixels.

    Returns:
      `matplotlib.figure.Figure`.

    Raises:
      ValueError: if there is no view, sizes differ, shapes disagree or a reference is outside.
    """
    _check_views(views)
    if references is None:
        references = choose_references(np.shape(views[0].attention)[:2])
    height, width = np.shape(views[0].image)[:2]
    panel_width = max(1, round(width * panel_height / height))
    step = max(panel_width, MIN_STEP) + GAP
    block = (1 + len(references)) * step - GAP + BLOCK_GAP
    columns, rows = min(columns, len(views)), -(-len(views) // columns)
    across = max(2 * MARGIN + columns * block - BLOCK_GAP, MIN_WIDTH)
    figure = make_figure(across, TITLE + NAMES + rows * (panel_height + CAPTION) + LEGEND)
    write(figure, MARGIN, 13, title, 16, bold=True, width=across - 2 * MARGIN)
    names = {GREEN: "reference", RED: f"its {top} strongest relations above {1 + FLAT:g}×"}
    draw_legend(figure, MARGIN, names)
    for number, view in enumerate(views):
        row, column = divmod(number, columns)
        left, y = MARGIN + column * block, TITLE + NAMES + row * (panel_height + CAPTION)
        for place, reference in enumerate([None, *references]):
            x = left + place * step
            if row == 0:
                write(figure, x, TITLE + 3, reference.name if reference else "picture")
            panel = add_panel(figure, x, y, panel_width, panel_height)
            caption = _draw_panel(panel, view, reference, references, top)
            write(figure, x, y + panel_height + 4, caption, 12, GRAY if reference else INK)
    return figure


def find_related(shares, place, top=10):
    """Returns [(row, col)]: the positions that a reference attends to most, the strongest first.

    The reference itself is left out, and so is what does not exceed a flat map.

    Args:
      shares: float[h, w], as `measure_shares` returns them.
      place: (row, col) of the reference.
      top: how many to return at most.
    """
    positions = sort_positions(shares)
    return [p for p in positions if p != tuple(place) and shares[p] > 1 + FLAT][:top]


def _check_views(views):
    if not views:
        raise ValueError("there is no view to draw.")
    for name in ("image", "attention"):
        shapes = {np.shape(getattr(view, name)) for view in views}
        if len(shapes) > 1:
            raise ValueError(f"the views differ in the shape of {name}: {sorted(shapes)}.")


def _draw_panel(panel, view, reference, references, top):
    """Draws a reference's heat, or for None the picture with all references; returns a caption."""
    if reference is None:
        show_on_map(panel, view.image, np.shape(view.attention)[:2])
        for each in references:
            mark(panel, each.place, GREEN, SQUARE)
        return view.label
    shares = measure_shares(select_weights(view.attention, reference.place))
    show_heat(panel, view.image, shares)
    for position in reversed(find_related(shares, reference.place, top)):  # the first on top
        mark(panel, position, RED, POINT)
    mark(panel, reference.place, GREEN, SQUARE)
    return describe_shares(shares)
