"""Figures as tables print them."""

import pytest

from tfreid.reproduction.published import FORWARD_MS, METRICS, read_figures
from tfreid.reproduction.tables import TABLES


def test_numbers_go_to_their_names():
    figures = read_figures(("rank1", "mAP"), "91.5 78", "0.1 0.2")
    assert figures.means == {"rank1": 91.5, "mAP": 78.0}
    assert figures.deviations == {"rank1": 0.1, "mAP": 0.2}


def test_a_table_may_give_no_deviation():
    assert read_figures(("mAP",), "1").deviations == {}


@pytest.mark.parametrize("texts", [("1",), ("1 2 3",), ("1 2", "1"), ("", "")])
def test_a_number_too_few_or_too_many_is_a_slip_of_the_pen(texts):
    with pytest.raises(ValueError, match="not 2 numbers"):
        read_figures(("mAP", "rank1"), *texts)


def test_a_table_of_times_shows_no_score():
    assert TABLES["sona_section_3_5"].metrics == (FORWARD_MS,)
    assert TABLES["sona_table_5"].metrics == METRICS
