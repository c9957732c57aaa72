"""What every picture here is drawn on: matplotlib figures whose panels are placed in pixels.

Right and wrong are never told by color alone: a right frame is whole and a wrong one dashed, so
that people who cannot tell green from red read the same picture.
"""

import os

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from tfreid.data.images import read_image
from tfreid.figures.lettering import choose_fonts, make_showable
from tfreid.files import write_aside

GREEN, RED = "#009141", "#d62128"
INK, GRAY, PALE, PAPER = "#202124", "#696e74", "#e8eaed", "#ffffff"
TICK, CROSS = "\N{CHECK MARK}", "\N{BALLOT X}"

DPI = 72  # so that a point, matplotlib's unit of type and lines, is a pixel
SMOOTH = "catrom"  # the sharpest of matplotlib's cubic interpolations
DASHES = (0, (1.8, 1.1))  # stroke and gap, in widths of the line


def make_figure(width, height):
    """Returns an empty `matplotlib.figure.Figure` of a size in pixels; no pyplot state."""
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor=PAPER)
    FigureCanvasAgg(figure)
    return figure


def render_figure(figure):
    """Returns uint8[height, width, 3]."""
    figure.canvas.draw()
    # A copy: the canvas draws into its buffer again.
    return np.asarray(figure.canvas.buffer_rgba())[..., :3].copy()


def add_panel(figure, left, top, width, height):
    """Returns axes without ticks and lines on a box given in pixels from the figure's left top."""
    across, down = measure_figure(figure)
    box = (left / across, 1 - (top + height) / down, width / across, height / down)
    panel = figure.add_axes(box, xticks=[], yticks=[], facecolor=PALE)
    panel.spines[:].set_visible(False)
    return panel


def measure_figure(figure):
    """Returns (width, height) in pixels."""
    return tuple(float(side) * DPI for side in figure.get_size_inches())


def show_picture(panel, source):
    """Shows a file or uint8[H, W, 3] as large as it fits into a panel, its shape kept.

    Raises:
      InputError: for an image that is missing or cannot be read.
    """
    panel.imshow(read_image(source), interpolation=SMOOTH)
    panel.set_aspect("equal", adjustable="datalim")


def draw_frame(panel, color, thickness=6, dashed=False):
    """Draws a frame around a panel."""
    spines = panel.spines[:]
    spines.set(visible=True, color=color, linewidth=thickness)
    spines.set(position=("outward", thickness / 2), capstyle="butt" if dashed else "projecting")
    spines.set_linestyle(DASHES if dashed else "solid")


def write(figure, left, top, text, size=13, color=INK, bold=False, align="left", width=None):
    """Writes one line of text; `tfreid.figures.lettering` says what becomes of its characters.

    Args:
      figure: to write on.
      left: pixels from the figure's left, of the side that `align` names.
      top: pixels from the figure's top.
      text: what to write, letter by letter: no formulas.
      size: of the type in pixels.
      color: of the type.
      bold: whether to use the bold cut.
      align: "left" or "right".
      width: if given, longer text is cut with an ellipsis, in pixels.

    Returns:
      `matplotlib.text.Text`.
    """
    across, down = measure_figure(figure)
    text = make_showable(text)
    style = {"fontfamily": choose_fonts(text), "fontweight": "bold" if bold else "normal"}
    place = (left / across, 1 - top / down)
    line = figure.text(*place, text, fontsize=size, color=color, ha=align, va="top", **style)
    line.set_parse_math(False)
    while width is not None and text and line.get_window_extent().width > width:
        text = text[:-1]
        line.set_text(text + "…")
    return line


def save_pictures(pictures, folder):
    """Writes {name: uint8[H, W, 3]} as `folder`/name.png; a slash in a name makes a folder.

    Returns:
      The file names, in order.

    Raises:
      InputError: if one cannot be written (a full disk, a read-only folder); never half of it is.
    """
    paths = [os.path.join(folder, *f"{name}.png".split("/")) for name in pictures]
    for path, image in zip(paths, map(Image.fromarray, pictures.values())):
        write_aside(path, lambda aside, image=image: image.save(aside, format="PNG"))
    return paths
