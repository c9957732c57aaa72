"""What a position of a map attends to, as heat over a picture on one absolute scale.

The scale's unit is the even share: the weight that each position gets where attention is spread
evenly, 1 / (h w). Its colors stand for fixed shares, the same in every panel, figure and
evaluation, a doubling always being the same step; a share of 1 has no color at all. So a flat map
leaves the picture bare, and a panel with more color means more. A scale stretched from a panel's
least to its most would paint the noise of a flat map like structure.
"""

import dataclasses

import matplotlib
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.lines import Line2D
from PIL import Image

from tfreid.figures.canvas import GREEN, INK, PAPER, RED, SMOOTH, add_panel, write

SHARES = (1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8)  # named on the scale, whose ends they are
FLAT = 0.1  # a map within 1 +- this is called flat, and has no strongest positions
OPACITY = 0.8  # of the ends of the scale
_FINENESS = 4  # pixels of heat per pixel of a picture

MARKS = {GREEN: "s", RED: "o"}  # shape by color
_LEGEND_TOP, _SCALE_WIDTH = 22, 210  # pixels above the figure's bottom; pixels


def measure_shares(weights):
    """Returns float32 of the same shape: weights in even shares, of which the mean is 1."""
    weights = np.asarray(weights, np.float32)
    return weights / weights.mean()


def describe_shares(shares):
    """Returns words for the least and the largest share, such as "0.41–2.57×"; "flat" if even."""
    words = f"{shares.min():.2f}–{shares.max():.2f}×"
    return f"flat: {words}" if is_flat(shares) else words


def is_flat(shares):
    """Returns whether no share is more than `FLAT` away from even."""
    return bool(np.abs(shares - 1).max() <= FLAT)


def make_scale():
    """Returns the (`Normalize`, `Colormap`) of log2 of shares: purple below 1, orange above."""
    steps = np.linspace(-1, 1, 255)
    hues = 0.5 + 0.5 * np.where(steps < 0, -1, 1) * (0.4 + 0.6 * np.abs(steps))
    colors = matplotlib.colormaps["PuOr_r"](hues)  # without its middle, which is white, not clear
    colors[:, 3] = OPACITY * np.abs(steps) ** 0.7
    return Normalize(np.log2(SHARES[0]), np.log2(SHARES[-1])), ListedColormap(colors)


def show_heat(panel, image, shares):
    """Shows a map over its picture; the map's positions (row, col) are the panel's (y, x).

    The picture loses its own colors, so that every color that is seen belongs to the map.

    Args:
      panel: axes of the picture's proportions.
      image: uint8[H, W, 3].
      shares: float[h, w].
    """
    height, width = (_FINENESS * side for side in image.shape[:2])
    gray = Image.fromarray(image).convert("L").resize((width, height), Image.Resampling.BICUBIC)
    # Enlarged as exponents: between two positions the color then changes evenly.
    exponents = Image.fromarray(np.log2(np.clip(shares, SHARES[0], SHARES[-1])).astype(np.float32))
    fine = np.asarray(exponents.resize((width, height), Image.Resampling.BILINEAR))
    norm, colors = make_scale()
    heat = colors(norm(fine))
    opacity = heat[..., 3:]  # mixed here: what is nearly clear, matplotlib's renderer darkens
    mixture = (1 - opacity) * np.asarray(gray)[..., None] / 255 + opacity * heat[..., :3]
    show_on_map(panel, mixture, shares.shape)


def show_on_map(panel, picture, map_size):
    """Shows a picture on the coordinates of a map of (h, w): position (row, col) is (y, x)."""
    extent = (-0.5, map_size[1] - 0.5, map_size[0] - 0.5, -0.5)
    panel.imshow(picture, interpolation=SMOOTH, aspect="auto", extent=extent)


def mark(panel, position, color, size):
    """Draws a white-edged mark on a position (row, col) of a map: green squares, red points."""
    edge = {"markeredgecolor": PAPER, "markeredgewidth": size / 7}
    panel.plot(*position[::-1], MARKS[color], color=color, markersize=size, **edge)


def draw_legend(figure, left, names):
    """Draws the meanings of the marks and, behind them, the scale, at the foot of a figure.

    Args:
      figure: the figure.
      left: where the line begins, in pixels.
      names: {color: meaning}.
    """
    height = figure.get_size_inches()[1] * figure.dpi
    marks = [
        Line2D([], [], color=color, marker=MARKS[color], linestyle="", markersize=8, label=name)
        for color, name in names.items()
    ]
    legend = figure.legend(
        handles=marks,
        loc="center left",
        bbox_to_anchor=(left / figure.bbox.width, _LEGEND_TOP / height),
        ncols=len(marks),
        borderpad=0,
        borderaxespad=0,
        frameon=False,
        handletextpad=0.1,
        prop={"size": 12},
        labelcolor=INK,
    )
    left = legend.get_window_extent().x1 + 24
    _draw_scale(add_panel(figure, left, height - _LEGEND_TOP - 8, _SCALE_WIDTH, 9))
    text = "× the even share (1: attention spread evenly; no color)"
    write(figure, left + _SCALE_WIDTH + 16, height - _LEGEND_TOP - 8, text, 12)


def _draw_scale(panel):
    bar = panel.figure.colorbar(
        ScalarMappable(*make_scale()), cax=panel, orientation="horizontal", extend="both"
    )
    names = [f"{share:g}" if share >= 1 else f"1/{1 / share:g}" for share in SHARES]
    bar.set_ticks(np.log2(SHARES), labels=names, fontsize=10, color=INK)
    bar.ax.tick_params(length=2, pad=2)
    bar.outline.set_visible(False)


@dataclasses.dataclass(frozen=True)
class Reference:
    """A position of the feature map to look from: its name, row and column, from 0."""

    name: str
    row: int
    col: int

    @property
    def place(self):
        """(row, col)."""
        return self.row, self.col


def choose_references(map_size):
    """Returns [Reference]: where head, torso and legs usually are, and a corner of background.

    The body's positions lie in the middle column, at the heights that they have in a well-cut
    pedestrian box; a box that is cut badly shifts them.

    Args:
      map_size: (h, w) of the feature map.
    """
    h, w = map_size
    places = (
        ("head", 0.12, 0.5),
        ("torso", 0.35, 0.5),
        ("legs", 0.78, 0.5),
        ("background", 0.05, 0.1),
    )
    return [Reference(name, int(y * h), int(x * w)) for name, y, x in places]


def select_weights(attention, place):
    """Returns float32[h, w]: one position's weights over the map.

    Args:
      attention: float[h, w, h, w]; attention[y, x] holds the weights of position (y, x).
      place: (row, col) of the position.

    Raises:
      ValueError: if attention has another shape, or the position lies outside the map.
    """
    shape, (row, col) = np.shape(attention), place
    if len(shape) != 4 or shape[:2] != shape[2:]:
        raise ValueError(f"attention is float[h, w, h, w], not of shape {shape}.")
    if not (0 <= row < shape[0] and 0 <= col < shape[1]):
        raise ValueError(
            f"reference (row {row}, col {col}) lies outside the map of {shape[0]} rows and "
            f"{shape[1]} columns."
        )
    return np.asarray(attention[row, col], np.float32)


def sort_positions(weights):
    """Returns [(row, col)] of a map [h, w], the largest weight first, equals as they are read."""
    order = np.argsort(-weights, axis=None, kind="stable")
    return [divmod(int(i), weights.shape[1]) for i in order]
