"""Paints and patterns."""

import numpy as np
import pytest

from tfreid.pedestrians.appearance import LOWER_PATTERNS, UPPER_PATTERNS
from tfreid.pedestrians.fabric import paint_folds, paint_pattern, paint_plain, paint_where

ANGLES, ALONGS = (a.ravel().astype(np.float32) for a in np.meshgrid(
    np.linspace(-3.1, 3.1, 63), np.linspace(0, 1, 71)))  # fmt: skip


def _paint(pattern, length=0.35):
    """Returns bool[71, 63]: where the accent (white) is."""
    colors = paint_pattern(pattern, (0, 0, 0), (1, 1, 1), length)(ANGLES, ALONGS)
    return colors[:, 0].reshape(71, 63) > 0.5


@pytest.mark.parametrize("pattern", sorted({*UPPER_PATTERNS, *LOWER_PATTERNS} - {"plain"}))
def test_every_pattern_shows_both_colors(pattern):
    assert 0.1 < _paint(pattern).mean() < 0.75


def test_plain_is_one_color():
    assert not _paint("plain").any()


def test_no_two_patterns_are_alike():
    """Any two differ on at least an eighth of the garment."""
    names = sorted({*UPPER_PATTERNS, *LOWER_PATTERNS})
    shown = [_paint(name) for name in names]
    for i, one in enumerate(shown):
        for other in shown[:i]:
            assert (one != other).mean() > 1 / 8


def test_stripes_run_around_and_bars_along():
    assert _paint("stripes").std(1).max() == 0 < _paint("stripes").std(0).max()
    assert _paint("bars").std(0).max() == 0 < _paint("bars").std(1).max()


def test_an_emblem_is_on_chest_and_back_and_not_on_the_sides():
    row = _paint("emblem")[30]  # 0.15 below the shoulder
    assert row[31] and row[0] and row[-1]
    assert not row[15] and not row[47]


def test_stripes_keep_their_width_on_a_longer_garment():
    """The period is 0.08 body heights: 4 begin on a length of 0.3, 8 on 0.6."""
    for length, count in ((0.3, 4), (0.6, 8)):
        column = _paint("stripes", length)[:, 0].astype(int)
        assert (np.diff(column) == 1).sum() + column[0] == count


def test_an_unknown_pattern_is_refused():
    with pytest.raises(ValueError, match="pattern='tartan': allowed are plain, stripes, bars"):
        paint_pattern("tartan", (0, 0, 0), (1, 1, 1), 0.3)


def test_a_choice_of_paints_goes_by_place():
    paint = paint_where(lambda a, t: t < 0.5, paint_plain((1, 0, 0)), paint_plain((0, 0, 1)))
    top, bottom = paint(np.zeros(2, np.float32), np.array([0.2, 0.8], np.float32))
    assert top.tolist() == [1, 0, 0]
    assert bottom.tolist() == [0, 0, 1]


def test_folds_are_as_deep_as_asked_and_repeat_with_the_seed():
    plain = paint_plain((0.5, 0.5, 0.5))
    shades = paint_folds(plain, 0.2, 4)(ANGLES, ALONGS)
    assert 0.4 <= shades.min() < 0.45 and 0.55 < shades.max() <= 0.6
    np.testing.assert_array_equal(shades, paint_folds(plain, 0.2, 4)(ANGLES, ALONGS))
    assert (shades != paint_folds(plain, 0.2, 5)(ANGLES, ALONGS)).any()
