"""Figures as tables print them; rows as trainings, at both scales."""

import itertools

import pytest

from tests.reproduction.cases import list_flags, read_row
from tfreid.options import TrainOptions
from tfreid.options.flags import to_flags
from tfreid.reproduction.plan import TABLES
from tfreid.reproduction.published import SmallScale, read_figures


def test_numbers_go_to_their_names_and_deviations_may_be_missing():
    figures = read_figures(("rank1", "mAP"), "91.5 78 +- 0.1 0.2")
    assert figures == ({"rank1": 91.5, "mAP": 78.0}, {"rank1": 0.1, "mAP": 0.2})
    assert read_figures(("mAP",), "1") == ({"mAP": 1.0}, {})


@pytest.mark.parametrize("text", ["1", "1 2 3", "1 2 +- 1", "1 2 +-", "", "1 2 +- 1 2 +- 1 2"])
def test_a_number_too_few_or_too_many_is_a_slip_of_the_pen(text):
    with pytest.raises(ValueError, match="not 2 numbers"):
        read_figures(("mAP", "rank1"), text)


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


def test_rows_come_in_the_order_of_the_table():
    rows = TABLES["sona_table_2"].choose_rows(("sona23_net", " sona2_net"))
    assert [row.name for row in rows] == ["sona2_net", "sona23_net"]
    assert len(TABLES["sona_table_2"].choose_rows(())) == 3


def test_a_data_set_chooses_its_columns():
    table = TABLES["kvm_table_1"]
    assert len(table.choose_columns("")[0]) == 4
    columns, is_foreign = table.choose_columns("cuhk01")
    assert [column.name for column in columns] == ["cuhk01_100", "cuhk01_486"] and not is_foreign


def test_a_data_set_that_the_table_lacks_takes_the_first_columns_recipes():
    columns, is_foreign = TABLES["kvm_table_3"].choose_columns("synthetic")
    assert [column.name for column in columns] == ["cuhk03_labeled"] and is_foreign


def test_every_row_makes_options_of_its_own_for_every_column_and_at_both_scales():
    """A slip in an override makes two rows alike, or none at all."""
    for table in TABLES.values():
        for column, small in itertools.product(table.columns, (None, table.small)):
            made = {repr(read_row(row, column, small)): row.name for row in table.rows}
            assert len(made) == len(table.rows), f"{table.name}, {column.name}: {made.values()}"


def test_a_row_without_a_change_becomes_the_small_recipe():
    """So that the recipe and `--scale=small` cannot tell two things."""
    for name, row_name in (("sona_table_2", "sona2_net"), ("kvm_table_1", "kvm_mn")):
        table = TABLES[name]
        (row,) = (row for row in table.rows if row.name == row_name)
        recipe = TrainOptions.parse(["tfreid", f"--recipe={table.small.recipe}"])
        assert read_row(row, table.columns[-1], table.small) == recipe


def test_what_a_row_is_about_stays_at_small_scale_or_is_divided():
    """Rows of KVM-MN's Table 3 differ from the base as in the paper, but for the number of sets."""
    table = TABLES["kvm_table_3"]
    (column,), divisors = table.columns, table.small.divisors
    base_paper, base = (list_flags(read_row(table.rows[0], column, s)) for s in (None, table.small))
    for row in table.rows:
        paper, small = (list_flags(read_row(row, column, s)) for s in (None, table.small))
        differing = {name for name in paper if paper[name] != base_paper[name]} - {"num_sets"}
        assert {name for name in small if small[name] != base[name]} == differing, row.name
        for name in differing:
            expected = paper[name] // divisors[name] if name in divisors else paper[name]
            assert small[name] == expected, f"{row.name}: {name}"


def test_dropblock_still_drops_squares_at_small_scale():
    (row,) = (row for row in TABLES["sona_table_5"].rows if row.name == "baseline_dropblock")
    small = read_row(row, TABLES["sona_table_5"].columns[0], TABLES["sona_table_5"].small)
    assert (small.model.drop_height, small.model.drop_width) == (4, 4)  # half of 7, rounded up


def test_the_document_tells_every_table_and_small_scale_of_every_divisor(repository):
    text = (repository / "docs" / "reproduce.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in text for name in TABLES)
    divisors = [str(number) for number in TABLES["kvm_table_3"].small.divisors.values()]
    told = f"divided (by {', '.join(divisors[:-1])} and {divisors[-1]})"
    assert told in " ".join(text.split())
