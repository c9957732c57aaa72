"""The legend of heat maps: marks, their meanings and the scale, in one line."""

import numpy as np

from tfreid.figures.canvas import GREEN, RED, make_canvas
from tfreid.figures.heatmap import color_heat
from tfreid.figures.legend import draw_heat_legend

MARKS = ((GREEN, "square", "reference"), (RED, "circle", "strongest"))


def find(pixels, color):
    """Returns the columns that hold a color."""
    return np.flatnonzero((pixels == color).all(axis=-1).any(axis=0))


def test_marks_come_in_order_before_the_color_scale():
    figure = make_canvas(600, 40)
    draw_heat_legend(figure, 16, 20, MARKS)
    pixels = np.asarray(figure)
    green, red = find(pixels, GREEN), find(pixels, RED)
    least, most = (find(pixels, color_heat([heat])[0]) for heat in (0.0, 1.0))
    assert 16 <= green[0] <= green[-1] < red[0] <= red[-1] < least[0] < most[-1] < 600 - 16
    assert most[-1] - least[0] == 80 - 1
    assert (pixels[:, :16] == 255).all() and (pixels[:10] == 255).all()


def test_a_narrow_figure_cuts_the_last_words():
    figure = make_canvas(380, 40)
    draw_heat_legend(figure, 16, 20, MARKS)
    assert (np.asarray(figure)[:, -16:] == 255).all()
