"""Attention figures: which panel shows what, with which marks and words."""

import numpy as np
import pytest

from tfreid.figures.attention_figure import (
    View,
    draw_attention_figure,
    find_related,
    make_attention_figure,
)
from tfreid.figures.canvas import GREEN, RED
from tfreid.figures.heat import Reference

REFERENCES = [Reference("torso", 1, 1), Reference("background", 0, 0)]


def make_view(seed=0, map_size=(6, 4), size=(48, 16)):
    numbers = np.random.default_rng(seed)
    image = numbers.integers(0, 256, (*size, 3), dtype=np.uint8)
    return View(image, numbers.random((*map_size, *map_size)), f"id {seed} · cam 3")


def list_marks(panel, color):
    """Returns [(row, col)] of a panel's marks of a color, the last drawn first."""
    marks = [line for line in panel.lines if line.get_color() == color]
    return [(int(m.get_ydata()[0]), int(m.get_xdata()[0])) for m in reversed(marks)]


def list_panels(figure):
    """Returns the panels alone; the scale comes first."""
    return figure.axes[1:]


@pytest.mark.parametrize("columns", [1, 2])
def test_each_view_has_a_picture_and_a_panel_per_reference_that_do_not_overlap(columns):
    figure = make_attention_figure([make_view(i) for i in range(3)], REFERENCES, columns=columns)
    panels = list_panels(figure)
    assert len(panels) == 3 * 3
    boxes = [panel.get_position() for panel in panels]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    lefts = {round(box.x0, 4) for box in boxes}
    assert len(lefts) == columns * 3


def test_references_are_green_and_their_strongest_relations_red():
    view = make_view()
    picture, torso, background = list_panels(make_attention_figure([view], REFERENCES, top=4))
    assert sorted(list_marks(picture, GREEN)) == [(0, 0), (1, 1)]
    for panel, place in ((torso, (1, 1)), (background, (0, 0))):
        weights = view.attention[place].copy()
        weights[place] = 0
        strongest = [divmod(int(i), 4) for i in np.argsort(-weights, axis=None)[:4]]
        assert list_marks(panel, GREEN) == [place] and list_marks(panel, RED) == strongest


def test_relations_leave_out_the_reference_and_what_is_flat():
    shares = np.array([[3.0, 1.05], [1.5, 2.0]])
    assert find_related(shares, (0, 0)) == [(1, 1), (1, 0)]
    assert find_related(shares, (0, 0), top=1) == [(1, 1)]


def test_words_name_references_views_and_shares():
    """Of 24 positions, a weight of 0.75 is 18 even shares; a flat map has no red point."""
    attention = np.full((6, 4, 6, 4), 1 / 24)
    attention[1, 1] = 0.25 / 23
    attention[1, 1, 5, 3] = 0.75
    view = View(make_view().image, attention, "id 7 · cam 3")
    figure = make_attention_figure([view], REFERENCES, top=7, title="Attention")
    words = [text.get_text() for text in figure.texts]
    for wanted in ("Attention", "picture", "torso", "background", "id 7 · cam 3"):
        assert wanted in words
    assert any("18.00" in text for text in words)
    assert sum("flat" in text for text in words) == 1
    assert not list_marks(list_panels(figure)[2], RED)
    assert "7" in figure.legends[0].get_texts()[1].get_text()


def test_references_are_chosen_where_none_are_given():
    assert len(list_panels(make_attention_figure([make_view()]))) == 5


def test_a_drawn_figure_has_the_panels_height_and_room_for_its_legend():
    picture = draw_attention_figure([make_view()], REFERENCES, panel_height=96)
    assert picture.dtype == np.uint8 and 96 < picture.shape[0] < 300 and picture.shape[1] >= 1000


def test_views_that_do_not_fit_together_are_refused():
    with pytest.raises(ValueError, match="no view"):
        draw_attention_figure([])
    with pytest.raises(ValueError, match="image"):
        draw_attention_figure([make_view(0), make_view(1, size=(32, 16))])
    with pytest.raises(ValueError, match="attention"):
        draw_attention_figure([make_view(0), make_view(1, map_size=(4, 6))])
