"""Attention figures: every panel where the layout says, with its caption."""

import numpy as np
import pytest

from tfreid.figures import attention_figure, legend
from tfreid.figures.attention import Reference, draw_attention
from tfreid.figures.attention_figure import FigureLayout, View, draw_attention_figure
from tfreid.figures.canvas import GREEN

REFERENCES = [Reference("torso", 1, 1), Reference("background", 0, 0)]


def make_view(seed, label="id 7 · cam 3", map_size=(6, 4), size=(48, 16)):
    numbers = np.random.default_rng(seed)
    image = numbers.integers(0, 256, (*size, 3), dtype=np.uint8)
    return View(image, numbers.random((*map_size, *map_size)), label)


def cut(figure, corner, width, height):
    left, top = corner
    return figure[top : top + height, left : left + width]


@pytest.mark.parametrize("columns", [1, 2])
def test_each_panel_lies_where_the_layout_says(columns):
    views = [make_view(i) for i in range(3)]
    figure = draw_attention_figure(views, REFERENCES, 3, columns=columns, panel_height=96)
    layout = FigureLayout(views=3, panels=3, width=32, height=96, columns=columns)
    assert figure.shape == (*layout.size[::-1], 3)
    for number, view in enumerate(views):
        for panel, reference in enumerate(REFERENCES, start=1):
            place = (reference.row, reference.col)
            expected = draw_attention(view.image, view.attention, place, 3, 96)
            drawn = cut(figure, layout.locate(number, panel), 32, 96)
            np.testing.assert_array_equal(drawn, expected)


def test_panels_do_not_overlap():
    layout = FigureLayout(views=4, panels=3, width=100, height=96, columns=2)
    seen = np.zeros(layout.size[::-1], int)
    for number in range(4):
        for panel in range(3):
            cut(seen, layout.locate(number, panel), 100, 96)[...] += 1
    assert seen.sum() == 4 * 3 * 100 * 96 and seen.max() == 1


def test_the_picture_itself_shows_all_references():
    figure = draw_attention_figure([make_view(0)], REFERENCES, panel_height=96)
    corner = FigureLayout(1, 3, 32, 96, 1).locate(0, 0)
    picture = cut(figure, corner, 32, 96)
    for reference in REFERENCES:
        y, x = (reference.row + 0.5) * 96 / 6, (reference.col + 0.5) * 32 / 4
        assert tuple(picture[int(y), int(x)]) == GREEN


def test_words_name_references_views_and_peaks(monkeypatch):
    """Of 24 positions, a weight of 0.75 is 18 times the uniform 1/24; uniform attention is 1."""
    texts = []
    for module in (attention_figure, legend):
        monkeypatch.setattr(
            module, "draw_text", lambda image, xy, text, *_, **__: texts.append(text)
        )
    attention = np.full((6, 4, 6, 4), 1 / 24)
    attention[1, 1] = 0
    attention[1, 1, 1, 1] = 0.25
    attention[1, 1, 5, 3] = 0.75
    view = View(make_view(0).image, attention, "id 7 · cam 3")
    draw_attention_figure([view], REFERENCES, top=7, title="Attention")
    assert texts[:4] == ["Attention", "picture", "torso", "background"]
    assert texts[4:7] == ["id 7 · cam 3", "max 18.00× uniform", "max 1.00× uniform"]
    assert "its 7 strongest related positions" in texts


def test_references_are_chosen_where_none_are_given():
    figure = draw_attention_figure([make_view(0)], panel_height=96)
    assert figure.shape[1] == FigureLayout(1, 5, 32, 96, 1).size[0]


def test_views_that_do_not_fit_together_are_refused():
    with pytest.raises(ValueError, match="no view"):
        draw_attention_figure([])
    with pytest.raises(ValueError, match="differ in the shape of image"):
        draw_attention_figure([make_view(0), make_view(1, size=(32, 16))])
    with pytest.raises(ValueError, match="differ in the shape of attention"):
        draw_attention_figure([make_view(0), make_view(1, map_size=(4, 6))])
