"""Ranked sheets: the right frame in the right place, in words and colors."""

import numpy as np
import pytest
from PIL import Image

from tfreid.errors import InputError
from tfreid.figures import sheets
from tfreid.figures.canvas import GREEN, INK, RED
from tfreid.figures.sheets import (
    FRAME,
    Match,
    draw_ranked_sheet,
    locate_cell,
    stack_sheets,
)

BLUE = (20, 40, 200)


def make_picture(color=BLUE, height=32, width=16):
    return np.full((height, width, 3), color, np.uint8)


def make_matches(*correct):
    return [
        Match(make_picture(), pid=7 if right else 9, camid=2, value=0.5 + i, correct=right)
        for i, right in enumerate(correct)
    ]


def cut_frame(sheet, position):
    """Returns the frame's four sides as one row of pixels."""
    left, top, right, bottom = locate_cell(position)
    cell = sheet[top:bottom, left:right]
    return np.concatenate([cell[0], cell[-1], cell[:, 0], cell[:, -1]])


def share_of(pixels, color):
    return (pixels == color).all(axis=-1).mean()


def test_right_frames_are_green_and_whole_wrong_ones_red_and_dashed():
    sheet = draw_ranked_sheet(make_picture(), "id 7 · cam 3", make_matches(True, False, True))
    assert share_of(cut_frame(sheet, 0), INK) == 1
    for rank, right in ((1, True), (2, False), (3, True)):
        frame = cut_frame(sheet, rank)
        if right:
            assert share_of(frame, GREEN) == 1
        else:
            assert 0.5 < share_of(frame, RED) < 0.8
            assert share_of(frame, GREEN) == 0


def test_the_picture_fills_the_inside_of_its_frame():
    sheet = draw_ranked_sheet(make_picture(), "", make_matches(False))
    for position in (0, 1):
        left, top, right, bottom = locate_cell(position)
        inside = sheet[top + FRAME : bottom - FRAME, left + FRAME : right - FRAME]
        assert inside.shape == (sheets.CELL_HEIGHT, sheets.CELL_WIDTH, 3)
        assert share_of(inside, BLUE) == 1


def test_places_without_a_match_stay_empty():
    sheet = draw_ranked_sheet(make_picture(), "", make_matches(True, True))
    left = locate_cell(3)[0]
    assert (sheet[sheets.HEADER :, left:] == 255).all()
    assert sheet.shape[1] == locate_cell(10)[2] + sheets.MARGIN


def test_only_as_many_matches_as_columns_are_drawn():
    sheet = draw_ranked_sheet(make_picture(), "", make_matches(*[True] * 5), columns=3)
    assert sheet.shape[1] == locate_cell(3)[2] + sheets.MARGIN
    assert share_of(cut_frame(sheet, 3), GREEN) == 1


def read_texts(monkeypatch):
    """Returns a list that fills with every text drawn on sheets."""
    texts, draw = [], sheets.draw_text

    def record(image, xy, text, *args, **kwargs):
        texts.append(text)
        draw(image, xy, text, *args, **kwargs)

    monkeypatch.setattr(sheets, "draw_text", record)
    return texts


def test_captions_say_rank_distance_identity_and_camera(monkeypatch):
    texts = read_texts(monkeypatch)
    matches = [
        Match(make_picture(), 7, 2, 0.51349, True),
        Match(make_picture(), 0, 4, 31.07, False),
    ]
    sheet = draw_ranked_sheet(make_picture(), "id 7 · cam 3", matches, "0007_c3.jpg", 83.333)
    assert texts[:2] == ["AP 83.3 %   rank-1 ✓ right", "0007_c3.jpg"]
    assert texts[2:] == [
        *("query", "id 7 · cam 3"),
        *("1 ✓", "0.513", "cam 2", "id 7"),
        *("2 ✗", "31.07", "cam 4", "distractor"),
    ]
    for position in range(3):
        left, _, right, bottom = locate_cell(position)
        assert (sheet[bottom:, left:right] != 255).any(axis=-1).sum() > 50


def test_values_may_have_a_name(monkeypatch):
    texts = read_texts(monkeypatch)
    draw_ranked_sheet(make_picture(), "", make_matches(True, False), measure="score")
    assert texts[5::4] == ["score 0.500", "score 1.500"]


def test_a_named_value_does_not_run_into_the_rank():
    """The rank stands left and the value right; white must remain between them."""
    matches = [Match(make_picture(), 7, 2, -12.345, False) for _ in range(10)]
    sheet = draw_ranked_sheet(make_picture(), "", matches, measure="score")
    left, _, right, bottom = locate_cell(10)
    ink = (sheet[bottom + 4 : bottom + 20, left:right] != 255).any(axis=(0, 2))
    columns = np.flatnonzero(ink)
    assert columns[-1] - columns[0] > 90 and np.diff(columns).max() >= 5


def test_a_query_without_match_and_one_without_gallery_say_so(monkeypatch):
    texts = read_texts(monkeypatch)
    draw_ranked_sheet(make_picture(), "", make_matches(False), average_precision=float("nan"))
    assert texts[0] == "no true match in the gallery   rank-1 ✗ wrong"
    draw_ranked_sheet(make_picture(), "", [])
    assert texts[-1] == "no gallery image to compare with"


def test_a_file_and_its_pixels_make_the_same_sheet(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (32, 16, 3), dtype=np.uint8)
    path = tmp_path / "query.png"
    Image.fromarray(pixels).save(path)
    match = make_matches(True)
    from_file = draw_ranked_sheet(str(path), "query", match)
    np.testing.assert_array_equal(from_file, draw_ranked_sheet(pixels, "query", match))


def test_a_missing_gallery_image_is_named():
    match = Match("/nowhere/0007_c1.jpg", 7, 1, 0.5, True)
    with pytest.raises(InputError, match="/nowhere/0007_c1.jpg: no such image"):
        draw_ranked_sheet(make_picture(), "", [match])


def test_stacked_sheets_keep_their_pixels_one_under_another():
    first = draw_ranked_sheet(make_picture(), "", make_matches(True), columns=2)
    second = draw_ranked_sheet(make_picture(RED), "", make_matches(False), columns=3)
    figure = stack_sheets([first, second], "title", "distance")
    assert figure.dtype == np.uint8 and figure.shape[1] == second.shape[1]
    tops = [
        row
        for row in range(figure.shape[0] - len(first))
        for sheet in (first, second)
        if np.array_equal(figure[row : row + len(sheet), : sheet.shape[1]], sheet)
    ]
    assert len(tops) == 2 and tops[1] >= tops[0] + len(first)
    assert (figure[: tops[0]] != 255).any() and (figure[tops[1] + len(second) :] == GREEN).any()


def test_nothing_to_stack_is_refused():
    with pytest.raises(ValueError, match="no sheets"):
        stack_sheets([])
