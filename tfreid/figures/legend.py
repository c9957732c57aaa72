"""The legend below a figure of heat maps: what its marks and its colors mean."""

import numpy as np
from PIL import Image

from tfreid.figures.canvas import draw_mark, draw_text, measure_text
from tfreid.figures.heatmap import color_heat

_RAMP = (80, 10)  # pixels of the color scale


def draw_heat_legend(figure, left, middle, marks):
    """Draws marks with their meanings in one line, and the color scale behind them.

    Args:
      figure: the `PIL.Image` to draw on.
      left: where the line begins, in pixels; the right margin is as wide.
      middle: height of the line's middle.
      marks: sequence of (RGB, shape as `draw_mark` takes it, text).
    """
    x = left
    for color, shape, text in marks:
        draw_mark(figure, (x + 6, middle), 5, color, shape)
        draw_text(figure, (x + 18, middle), text, 12, anchor="lm")
        x += 18 + measure_text(text, 12) + 20
    width, height = _RAMP
    ramp = np.tile(color_heat(np.linspace(0, 1, width)), (height, 1, 1))
    figure.paste(Image.fromarray(ramp), (x, middle - height // 2))
    x += width + 8
    text = "attention, least to most in the panel"
    draw_text(figure, (x, middle), text, 12, anchor="lm", width=figure.width - x - left)
