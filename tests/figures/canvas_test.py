"""Frames, marks and type, pixel by pixel."""

import numpy as np
import pytest

from tfreid.figures.canvas import (
    CROSS,
    GREEN,
    PALE,
    PAPER,
    RED,
    TICK,
    draw_frame,
    draw_mark,
    draw_text,
    fit_image,
    load_font,
    make_canvas,
    measure_text,
    shorten_text,
)


def find(image, color):
    """Returns a mask of the pixels of exactly one color."""
    return (np.asarray(image) == color).all(axis=-1)


def test_a_whole_frame_fills_its_border_and_nothing_else():
    canvas = make_canvas(40, 60)
    draw_frame(canvas, (5, 10, 35, 50), GREEN, thickness=4)
    expected = np.zeros((60, 40), bool)
    expected[10:50, 5:35] = True
    expected[14:46, 9:31] = False
    np.testing.assert_array_equal(find(canvas, GREEN), expected)


@pytest.mark.parametrize("width, height", [(112, 212), (30, 18), (47, 160)])
def test_a_dashed_frame_has_gaps_and_closed_corners(width, height):
    canvas = make_canvas(width, height)
    draw_frame(canvas, (0, 0, width, height), RED, thickness=3, dashed=True)
    mask = find(canvas, RED)
    for side in (mask[0], mask[-1], mask[:, 0], mask[:, -1]):
        assert side[0] and side[-1]
        assert 0.4 < side.mean() < 0.85
        strokes = np.diff(np.flatnonzero(np.diff(np.r_[0, side, 0])))[::2]
        assert len(strokes) >= 2 and np.ptp(strokes) == 0
    assert not mask[3:-3, 3:-3].any()


def test_a_mark_is_centered_round_or_square_and_edged_in_white():
    for shape, share in (("circle", np.pi / 4), ("square", 1.0)):
        canvas = make_canvas(41, 61, (0, 0, 0))
        draw_mark(canvas, (20, 30), 8, RED, shape)
        rows, cols = np.nonzero(find(canvas, RED))
        assert (rows.mean() + 0.5, cols.mean() + 0.5) == pytest.approx((30, 20), abs=0.1)
        assert len(rows) == pytest.approx(share * 16**2, rel=0.12)
        assert find(canvas, PAPER)[30, 20 + 9] and find(canvas, PAPER)[30 - 9, 20]


def test_a_mark_at_the_edge_is_cut_not_moved():
    canvas = make_canvas(20, 30)
    draw_mark(canvas, (0.5, 29.5), 5, GREEN)
    rows, cols = np.nonzero(find(canvas, GREEN))
    assert rows.max() == 29 and cols.min() == 0
    assert 3 <= cols.max() <= 5


def test_the_font_comes_with_matplotlib_and_has_tick_and_cross():
    assert load_font(13).getname() == ("DejaVu Sans", "Book")
    assert load_font(13, bold=True).getname() == ("DejaVu Sans", "Bold")
    missing = np.asarray(load_font(20).getmask("\uffff")).tobytes()
    for sign in (TICK, CROSS):
        assert np.asarray(load_font(20).getmask(sign)).tobytes() != missing


def test_long_text_is_shortened_to_its_room():
    text = "a very long file name.jpg"
    short = shorten_text(text, 13, 80)
    assert short.endswith("…") and text.startswith(short[:-1])
    assert measure_text(short, 13) <= 80 < measure_text(text[: len(short)] + "…", 13)
    assert shorten_text(text, 13, 1000) == text


def test_text_lands_at_its_anchor_in_its_color():
    canvas = make_canvas(100, 40)
    draw_text(canvas, (90, 20), "id 7", color=RED, anchor="rm")
    rows, cols = np.nonzero((np.asarray(canvas) != 255).any(axis=-1))
    assert 86 <= cols.max() <= 90
    assert (rows.min() + rows.max()) / 2 == pytest.approx(20, abs=2)
    assert find(canvas, RED).any()


def test_a_picture_keeps_its_shape_when_fitted():
    """A 20 x 10 picture in a 60 x 60 cell is 60 x 30, centered between pale bars."""
    picture = make_canvas(10, 20, GREEN)
    fitted = fit_image(picture, 60, 60)
    np.testing.assert_array_equal(find(fitted, GREEN)[:, 15:45], True)
    np.testing.assert_array_equal(find(fitted, PALE)[:, :15], True)
    np.testing.assert_array_equal(find(fitted, PALE)[:, 45:], True)
