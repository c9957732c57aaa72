"""Tables, rows and columns by name, and recipes that are there for all of them."""

import re

import pytest

from tfreid.errors import InputError
from tfreid.options import KVM_MN, TrainOptions
from tfreid.reproduction.scales import OVERLAYS
from tfreid.reproduction.tables import TABLES, choose_columns, choose_rows, find_table

CELLS = [
    (table, row, column)
    for table in TABLES.values()
    for row in table.rows
    for column in table.columns
]


def test_an_unknown_table_is_told_with_the_list_of_all():
    with pytest.raises(InputError, match=r"^--table=sona_table_1: .*sona_table_2.*kvm_table_3"):
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


@pytest.mark.parametrize(
    ("table", "row", "column"),
    CELLS,
    ids=[f"{table.name}-{row.name}-{column.name}" for table, row, column in CELLS],
)
def test_a_rows_recipe_is_for_its_data_set_and_tells_the_published_figures(
    table, row, column, repository, monkeypatch
):
    monkeypatch.chdir(repository)
    path = f"configs/{row.recipes[column.name]}.cfg"
    options = TrainOptions.read(path)
    assert options.data.dataset == column.dataset
    assert options.model.model == table.system
    assert (options.data.split in column.splits) == bool(column.splits)
    if not table.is_timing and column.name in row.figures:
        header = (repository / path).read_text(encoding="utf-8").split("\n\n")[0]
        told = re.findall(r"(mAP|rank-1) ([\d.]*\d)(?: \+- ([\d.]*\d))?", header)
        figures = row.figures[column.name]
        for name, mean, deviation in told:
            metric = name.replace("-", "")
            assert float(mean) == figures.means[metric], path
            assert float(deviation or 0) == figures.deviations.get(metric, 0), path
        assert len(told) == len({"mAP", "rank1"} & set(figures.means)), path


def test_the_document_tells_every_table_and_small_scale_of_every_divisor(repository):
    text = (repository / "docs" / "reproduce.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in text for name in TABLES)
    divisors = [str(number) for number in OVERLAYS[KVM_MN].divisors.values()]
    told = f"divided (by {', '.join(divisors[:-1])} and {divisors[-1]})"
    assert told in " ".join(text.split())
