"""Ranked sheets: the right frame in the right place, in words and colors."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from PIL import Image

from tfreid.errors import InputError
from tfreid.figures.canvas import GREEN, INK, RED
from tfreid.figures.sheets import Match, RankedList, draw_sheet, make_sheet


def make_picture(height=32, width=16):
    return np.full((height, width, 3), (20, 40, 200), np.uint8)


def make_list(*correct, path=None, **facts):
    matches = [
        Match(make_picture(), pid=7 if right else 9, camid=2, value=0.5 + i, correct=right)
        for i, right in enumerate(correct)
    ]
    facts = {"label": "id 7 · cam 3", "matches": matches, **facts}
    return RankedList(make_picture() if path is None else path, **facts)


def describe_frame(panel):
    """Returns (color, whether all sides are whole)."""
    (color,) = {to_hex(spine.get_edgecolor()) for spine in panel.spines.values()}
    (line,) = {str(spine.get_linestyle()) for spine in panel.spines.values()}
    return color, line in ("solid", "-")


def list_words(figure):
    return [text.get_text() for text in figure.texts]


def test_right_frames_are_green_and_whole_wrong_ones_red_and_dashed():
    query, *matches = make_sheet([make_list(True, False, True)]).axes
    assert describe_frame(query) == (INK, True)
    expected = [(GREEN, True), (RED, False), (GREEN, True)]
    assert [describe_frame(panel) for panel in matches] == expected


def test_only_as_many_matches_as_columns_are_drawn_and_the_width_is_theirs():
    narrow, wide = (draw_sheet([make_list(*[True] * 5)], columns=n).shape[1] for n in (3, 10))
    assert len(make_sheet([make_list(*[True] * 5)], columns=3).axes) == 1 + 3
    assert len(make_sheet([make_list(*[True] * 5)]).axes) == 1 + 5
    assert wide - narrow == 7 * 122


def test_lists_stand_under_one_another_each_match_right_of_the_one_before():
    figure = make_sheet([make_list(True, True), make_list(False)])
    boxes = [panel.get_position() for panel in figure.axes]
    assert boxes[0].x0 < boxes[1].x0 < boxes[2].x0 and boxes[0].y0 == boxes[2].y0
    assert boxes[3].x0 == boxes[0].x0 and boxes[3].y1 < boxes[0].y0
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_captions_say_rank_distance_identity_and_camera():
    matches = [
        Match(make_picture(), 7, 2, 0.51349, True),
        Match(make_picture(), 0, 4, 31.07, False),
    ]
    ranked = RankedList(make_picture(), "id 7 · cam 3", matches, "0007_c3.jpg", 83.333)
    words = list_words(make_sheet([ranked], "A title", "a distance"))
    assert words[0] == "A title" and "a distance" in words[-1]
    assert "83.3 %" in words[1] and "✓" in words[1] and words[2] == "0007_c3.jpg"
    assert words[3:-1] == [
        *("query", "id 7 · cam 3"),
        *("1 ✓", "0.513", "cam 2", "id 7"),
        *("2 ✗", "31.07", "cam 4", "distractor"),
    ]


def test_values_may_have_a_name_that_does_not_run_into_the_rank():
    matches = [Match(make_picture(), 7, 2, -12.345, False) for _ in range(10)]
    figure = make_sheet([make_list(matches=matches)], measure="score")
    texts = {text.get_text(): text.get_window_extent() for text in figure.texts}
    assert texts["10 ✗"].x1 + 4 < texts["score -12.35"].x0


def test_a_query_without_match_and_one_without_gallery_say_so():
    no_match = list_words(make_sheet([make_list(False, average_precision=float("nan"))]))
    assert "no true match" in no_match[1] and "✗" in no_match[1]
    assert any("no gallery image" in text for text in list_words(make_sheet([make_list()])))


def test_a_file_and_its_pixels_make_the_same_sheet(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (32, 16, 3), dtype=np.uint8)
    path = tmp_path / "query.png"
    Image.fromarray(pixels).save(path)
    from_file, from_pixels = (draw_sheet([make_list(True, path=p)]) for p in (str(path), pixels))
    np.testing.assert_array_equal(from_file, from_pixels)


def test_a_missing_gallery_image_is_named():
    match = Match("/nowhere/0007_c1.jpg", 7, 1, 0.5, True)
    with pytest.raises(InputError, match="/nowhere/0007_c1.jpg: cannot be read"):
        draw_sheet([make_list(matches=[match])])


def test_the_legend_explains_both_frames():
    (legend,) = make_sheet([make_list(True)]).legends
    assert [to_hex(patch.get_edgecolor()) for patch in legend.get_patches()] == [GREEN, RED]


def test_no_list_is_refused():
    with pytest.raises(ValueError, match="no ranked list"):
        draw_sheet([])
