"""Co-attention figures: which row of which map lies in which panel, and where the marks are."""

import numpy as np
import pytest

from tfreid.figures import co_attention
from tfreid.figures.attention import Reference, draw_heat_panel
from tfreid.figures.canvas import GREEN, RED
from tfreid.figures.co_attention import PairLayout, draw_co_attention

MAP = (6, 3)  # of images of 48 x 16
HEADS = 2
REFERENCES = [Reference("head", 1, 2), Reference("legs", 4, 0)]
PANEL = (240, 80)  # height, width


def make_image(seed):
    return np.random.default_rng(seed).integers(0, 256, (48, 16, 3), dtype=np.uint8)


def make_maps(seed, heads=HEADS, locations=18):
    maps = np.random.default_rng(seed).random((heads, locations, locations))
    return maps / maps.sum(axis=-1, keepdims=True)


def draw(query_maps=None, other_maps=None, references=REFERENCES, **arguments):
    query_maps = make_maps(2) if query_maps is None else query_maps
    other_maps = make_maps(3) if other_maps is None else other_maps
    return draw_co_attention(
        *(make_image(0), make_image(1), query_maps, other_maps, MAP, references),
        **{"panel_height": PANEL[0], **arguments},
    )


def find_panel(figure, row, group, side, heads=HEADS):
    layout = PairLayout(len(REFERENCES), 1 + heads, PANEL[1], PANEL[0])
    assert figure.shape == (*layout.size[::-1], 3)
    left, top = layout.locate(row, group, side)
    return figure[top : top + PANEL[0], left : left + PANEL[1]]


def look_at(panel, row, col):
    """Returns the color at the center of a location: cells of 40 x 26.7 pixels."""
    return tuple(panel[int((row + 0.5) * PANEL[0] / MAP[0]), int((col + 0.5) * PANEL[1] / MAP[1])])


def test_each_heads_weights_of_the_reference_lie_over_the_image_that_they_belong_to():
    """Location (y, x) is row y * 3 + x of a map; the other image's panels bear no green mark."""
    other_maps = make_maps(3)
    figure = draw(other_maps=other_maps)
    for row, reference in enumerate(REFERENCES):
        for head in range(HEADS):
            weights = other_maps[head, reference.row * 3 + reference.col].reshape(MAP)
            strongest = [divmod(int(weights.argmax()), 3)]
            expected = draw_heat_panel(
                make_image(1), weights.astype(np.float32), strongest, PANEL[0]
            )
            np.testing.assert_array_equal(find_panel(figure, row, 1 + head, 1), expected)


def test_every_panel_of_the_query_marks_the_reference_and_none_of_the_other_image():
    figure = draw()
    for row, reference in enumerate(REFERENCES):
        for group in range(1 + HEADS):
            panel = find_panel(figure, row, group, 0)
            assert look_at(panel, reference.row, reference.col) == GREEN
            assert not (find_panel(figure, row, group, 1) == GREEN).all(axis=-1).any()


def test_a_red_point_lies_where_a_head_looks_most_in_either_image():
    """Head 2 looks from (1, 2) at (5, 1) in the query and at (0, 0) in the other image."""
    query_maps, other_maps = make_maps(2), make_maps(3)
    query_maps[1, 1 * 3 + 2, 5 * 3 + 1] = other_maps[1, 1 * 3 + 2, 0] = 9.0
    figure = draw(query_maps, other_maps)
    for side, place in ((0, (5, 1)), (1, (0, 0))):
        panel = find_panel(figure, 0, 2, side)
        for position in np.ndindex(*MAP):
            assert (look_at(panel, *position) == RED) == (position == place), (side, position)
    for side in (0, 1):
        assert not (find_panel(figure, 0, 0, side) == RED).all(axis=-1).any()


def test_a_head_that_looks_most_at_the_reference_shows_red_on_green():
    query_maps = make_maps(2)
    query_maps[0, 1 * 3 + 2, 1 * 3 + 2] = 9.0
    panel = find_panel(draw(query_maps), 0, 1, 0)
    assert look_at(panel, 1, 2) == RED
    around = panel[60 - 5 : 60 + 5, 66 - 5 : 66 + 5]  # the center of (1, 2) is (60, 66.7)
    assert (around == GREEN).all(axis=-1).sum() >= 8


def test_panels_do_not_overlap():
    layout = PairLayout(rows=3, groups=5, width=130, height=90)
    seen = np.zeros(layout.size[::-1], int)
    for row, group, side in np.ndindex(3, 5, 2):
        left, top = layout.locate(row, group, side)
        seen[top : top + 90, left : left + 130] += 1
    assert seen.sum() == 3 * 5 * 2 * 130 * 90 and seen.max() == 1


def test_words_name_heads_images_references_and_peaks(monkeypatch):
    """Of 18 locations, a weight of 0.5 is 9 times the uniform 1/18."""
    texts = []
    monkeypatch.setattr(
        co_attention, "draw_text", lambda image, xy, text, *_, **__: texts.append(text)
    )
    query_maps = np.full((1, 18, 18), 1 / 18)
    query_maps[0, 5] = 0.5 / 17
    query_maps[0, 5, 7] = 0.5
    draw(query_maps, np.full((1, 18, 18), 1 / 18), title="A pair", names=("query", "gallery"))
    assert texts[0] == "A pair"
    assert texts[1:7] == ["pictures", "query", "gallery", "head 1", "query", "gallery"]
    assert texts[7:] == [
        *("reference at the head: x 2, y 1", "max 9.00× uniform", "max 1.00× uniform"),
        *("reference at the legs: x 0, y 4", "max 1.00× uniform", "max 1.00× uniform"),
    ]


def test_head_torso_and_legs_are_the_references_where_none_are_given():
    figure = draw(references=None)
    assert figure.shape[0] == PairLayout(3, 3, PANEL[1], PANEL[0]).size[1]


@pytest.mark.parametrize("shape", [(2, 17, 18), (2, 18, 17), (18, 18), (2, 6, 3, 18)])
def test_maps_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"maps of 6 x 3 locations are float\[heads, 18, 18\]"):
        draw(np.ones(shape))
    with pytest.raises(ValueError, match=r"maps of 6 x 3 locations are float\[heads, 18, 18\]"):
        draw(other_maps=np.ones(shape))


def test_sides_that_do_not_fit_together_are_refused():
    with pytest.raises(ValueError, match=r"differ in the shape of maps: \(2, 6, 3, 6, 3\) and \(3"):
        draw(other_maps=make_maps(3, heads=3))
    with pytest.raises(ValueError, match="differ in the shape of image"):
        other = np.zeros((48, 20, 3), np.uint8)
        draw_co_attention(make_image(0), other, make_maps(2), make_maps(3), MAP, REFERENCES)


def test_a_reference_outside_the_map_is_refused():
    with pytest.raises(ValueError, match=r"row 6, col 0\) lies outside the map of 6 rows"):
        draw(references=[Reference("shoes", 6, 0)])
