"""Figures as tables print them."""

import pytest

from tfreid.options import TrainOptions
from tfreid.reproduction.published import (
    FORWARD_MS,
    METRICS,
    SmallScale,
    read_figures,
    to_flags,
)
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


def test_flags_are_written_as_flagfiles_write_them():
    flags = to_flags({"cache_images": True, "decay_epochs": (3, 4), "sona_stages": (), "rate": 0.5})
    assert flags == ["--cache_images=true", "--decay_epochs=3,4", "--sona_stages=", "--rate=0.5"]


def test_a_small_row_has_the_small_recipes_flags_and_its_own_sizes_divided():
    """400 / 300, rounded up; the recipe's own epochs, and its data set, do not count."""
    small = SmallScale("sona_small_market1501", {"epochs": 300})
    flags = small.list_flags(TrainOptions.parse(["tfreid", "--dataset=cuhk03_np_labeled"]))
    assert flags[-1] == "--epochs=2"
    assert "--width_multiplier=0.25" in flags
    assert not [flag for flag in flags[:-1] if flag.startswith(("--epochs", "--dataset"))]
