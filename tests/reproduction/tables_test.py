"""Tables, rows and columns by name; rows as trainings, at both scales."""

import itertools

import pytest

from tests.reproduction.cases import list_flags, read_row
from tfreid.errors import InputError
from tfreid.options import TrainOptions
from tfreid.reproduction.tables import TABLES, choose_columns, choose_rows, find_table


def test_an_unknown_table_is_told_with_the_list_of_all():
    with pytest.raises(InputError, match=r"^table=sona_table_1: .*sona_table_2.*kvm_table_3"):
        find_table("sona_table_1")


def test_an_unknown_row_is_told_with_the_rows_of_the_table():
    with pytest.raises(InputError, match="no row bl; its rows are sona2_net, sona3_net,"):
        choose_rows(find_table("sona_table_2"), ("sona3_net", "bl"))


def test_rows_come_in_the_order_of_the_table():
    rows = choose_rows(find_table("sona_table_2"), ("sona23_net", " sona2_net"))
    assert [row.name for row in rows] == ["sona2_net", "sona23_net"]
    assert len(choose_rows(find_table("sona_table_2"), ())) == 3


def test_a_data_set_chooses_its_columns():
    table = find_table("kvm_table_1")
    assert len(choose_columns(table, "")[0]) == 4
    columns, is_foreign = choose_columns(table, "cuhk01")
    assert [column.name for column in columns] == ["cuhk01_100", "cuhk01_486"] and not is_foreign


def test_a_data_set_that_the_table_lacks_takes_the_first_columns_recipes():
    columns, is_foreign = choose_columns(find_table("kvm_table_3"), "synthetic")
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
