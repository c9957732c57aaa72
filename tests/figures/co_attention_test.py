"""Co-attention figures: which row of which map lies in which panel, and where the marks are."""

import numpy as np
import pytest

from tfreid.figures.canvas import GREEN, RED
from tfreid.figures.co_attention import draw_co_attention, make_co_attention_figure
from tfreid.figures.heat import Reference

MAP = (6, 3)  # of images of 48 x 16
HEADS = 2
REFERENCES = [Reference("head", 1, 2), Reference("legs", 4, 0)]


def make_image(seed):
    return np.random.default_rng(seed).integers(0, 256, (48, 16, 3), dtype=np.uint8)


def make_maps(seed, heads=HEADS, locations=18):
    maps = np.random.default_rng(seed).random((heads, locations, locations))
    return maps / maps.sum(axis=-1, keepdims=True)


def make(query_maps=None, other_maps=None, references=REFERENCES, **arguments):
    query_maps = make_maps(2) if query_maps is None else query_maps
    other_maps = make_maps(3) if other_maps is None else other_maps
    images = make_image(0), make_image(1)
    return make_co_attention_figure(*images, query_maps, other_maps, MAP, references, **arguments)


def find_panels(figure):
    """Returns {(row, group, side): panel}; the scale comes first."""
    panels, rows = iter(figure.axes[1:]), len(REFERENCES)
    groups = range((len(figure.axes) - 1) // (2 * rows))
    return {(r, g, s): next(panels) for g in groups for s in (0, 1) for r in range(rows)}


def list_marks(panel, color):
    marks = [line for line in panel.lines if line.get_color() == color]
    return [(int(m.get_ydata()[0]), int(m.get_xdata()[0])) for m in marks]


def test_panels_of_rows_groups_and_sides_lie_in_their_order():
    panels = find_panels(make())
    assert len(panels) == len(REFERENCES) * (1 + HEADS) * 2
    order = sorted(
        panels, key=lambda k: (-panels[k].get_position().y0, panels[k].get_position().x0)
    )
    assert order == sorted(panels)
    boxes = [panel.get_position() for panel in panels.values()]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_a_red_point_lies_where_a_head_looks_most_in_either_image():
    """Location (y, x) is row y * 3 + x of a map."""
    maps = make_maps(2), make_maps(3)
    for (row, group, side), panel in find_panels(make(*maps)).items():
        reference = REFERENCES[row]
        if group == 0:
            assert not list_marks(panel, RED)
            continue
        weights = maps[side][group - 1, reference.row * 3 + reference.col]
        assert list_marks(panel, RED) == [divmod(int(weights.argmax()), 3)]


def test_the_reference_is_marked_in_every_panel_of_the_query_and_none_of_the_other_image():
    for (row, _, side), panel in find_panels(make()).items():
        expected = [] if side else [REFERENCES[row].place]
        assert list_marks(panel, GREEN) == expected


def test_each_side_shows_its_own_image():
    panels = find_panels(make())
    for side in (0, 1):
        shown = np.asarray(panels[0, 0, side].images[0].get_array())
        np.testing.assert_array_equal(shown, make_image(side))


def test_a_red_point_lies_on_top_of_the_green_square():
    maps = make_maps(2)
    maps[0, 1 * 3 + 2, 1 * 3 + 2] = 9.0
    lines = find_panels(make(maps))[0, 1, 0].lines
    assert [line.get_color() for line in lines] == [GREEN, RED]


def test_words_name_heads_images_references_and_shares():
    """Of 18 locations, a weight of 0.5 is 9 even shares."""
    query_maps = np.full((1, 18, 18), 1 / 18)
    query_maps[0, 5] = 0.5 / 17
    query_maps[0, 5, 7] = 0.5
    other_maps = np.full((1, 18, 18), 1 / 18)
    figure = make(query_maps, other_maps, title="A pair", names=("query", "gallery"))
    words = [text.get_text() for text in figure.texts]
    for wanted, count in (("A pair", 1), ("pictures", 1), ("head 1", 1), ("gallery", 2)):
        assert words.count(wanted) == count
    assert any("x 2, y 1" in text for text in words) and any("x 0, y 4" in text for text in words)
    assert sum("9.00" in text for text in words) == 1
    assert sum("flat" in text for text in words) == 3


def test_head_torso_and_legs_are_the_references_where_none_are_given():
    assert len(make(references=None).axes) == 1 + 3 * (1 + HEADS) * 2


def test_a_drawn_figure_is_an_array_as_high_as_its_rows():
    maps = make_maps(2), make_maps(3)
    picture = draw_co_attention(make_image(0), make_image(1), *maps, MAP, panel_height=100)
    assert picture.dtype == np.uint8 and 3 * 100 < picture.shape[0] < 3 * 100 + 250


@pytest.mark.parametrize("shape", [(2, 17, 18), (2, 18, 17), (18, 18), (2, 6, 3, 18)])
def test_maps_of_another_shape_are_refused(shape):
    for wrong in ({"query_maps": np.ones(shape)}, {"other_maps": np.ones(shape)}):
        with pytest.raises(ValueError, match=r"float\[heads, 18, 18\]"):
            make(**wrong)


def test_sides_that_do_not_fit_together_are_refused():
    with pytest.raises(ValueError, match="maps"):
        make(other_maps=make_maps(3, heads=3))
    with pytest.raises(ValueError, match="image"):
        other = np.zeros((48, 20, 3), np.uint8)
        draw_co_attention(make_image(0), other, make_maps(2), make_maps(3), MAP, REFERENCES)


def test_a_reference_outside_the_map_is_refused():
    with pytest.raises(ValueError, match=r"row 6, col 0\) lies outside the map of 6 rows"):
        make(references=[Reference("shoes", 6, 0)])
