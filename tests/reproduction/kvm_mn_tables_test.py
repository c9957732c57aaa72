"""Figures of KVM-MN, compared with the paper by eye, and rows that are what their titles say."""

import re

import pytest

from tests.reproduction.cases import list_flags, read_row
from tfreid.options import TrainOptions
from tfreid.reproduction.plan import TABLES

TABLE_1 = [
    ("kvm_mn", "cuhk03_labeled", {"rank1": 94.0, "rank5": 99.6, "rank10": 99.8}),
    ("kvm_mn", "cuhk01_100", {"rank1": 96.9, "rank5": 99.97, "rank10": 99.99}),
    ("kvm_mn", "cuhk01_486", {"rank1": 84.4, "rank5": 95.9, "rank10": 98.6}),
    ("kvm_mn", "market1501", {"rank1": 91.5, "mAP": 78.0}),
    ("kvm_mn_noaug", "cuhk03_labeled", {"rank1": 91.7, "rank5": 98.7, "rank10": 99.4}),
    ("kvm_mn_noaug", "market1501", {"rank1": 89.1, "mAP": 74.8}),
]
TABLE_3 = [
    ("base", 87.1, 98.9, 99.6),
    ("heads8", 86.2, 99.1, 99.4),
    ("key_equals_value", 83.5, 96.9, 99.2),
    ("d1024", 88.3, 99.1, 99.8),
    ("pairwise", 85.4, 98.0, 99.1),
    ("set2_random", 68.4, 93.8, 97.6),
    ("set2_hard", 78.0, 96.6, 99.3),
    ("steps10k", 83.2, 98.8, 99.4),
    ("erasing_rotation", 90.4, 99.5, 99.9),
    ("full", 93.6, 99.7, 99.9),
]


def find_row(table, name):
    (row,) = (row for row in TABLES[table].rows if row.name == name)
    return row


@pytest.mark.parametrize(("row", "column", "means"), TABLE_1)
def test_a_figure_of_table_1_is_the_printed_one(row, column, means):
    assert find_row("kvm_table_1", row).figures[column].means == means


@pytest.mark.parametrize(("row", "rank1", "rank5", "rank10"), TABLE_3)
def test_a_row_of_table_3_is_the_printed_one(row, rank1, rank5, rank10):
    figures = find_row("kvm_table_3", row).figures["cuhk03_labeled"]
    assert figures.means == {"rank1": rank1, "rank5": rank5, "rank10": rank10}


def test_table_3_has_18_rows_on_one_split_and_table_1_means_over_ten():
    (column,) = TABLES["kvm_table_3"].columns
    assert len(TABLES["kvm_table_3"].rows) == 18 and not column.splits
    assert [len(column.splits) for column in TABLES["kvm_table_1"].columns] == [10, 10, 10, 0]


LETTERS = {"H": "num_heads", "d": "feature_dim", "M": "set_size"}  # in titles, as in "(A) H = 8"
BASE = {"num_heads": 4, "feature_dim": 256, "set_size": 10, "steps": 100_000}
BASE.update(num_sets=100_000, rotation_degrees=0, erasing_probability=0)
SAID = {
    "base": {},
    "key_equals_value": {"key_equals_value": True},
    "no_position": {"position_embedding": False},
    "pairwise": {"objective": "pairwise"},
    "set2_random": {"negatives": "random"},
    "steps10k": {"steps": 10_000},
    "erasing": {"erasing_probability": 0.5},
    "erasing_rotation": {"erasing_probability": 0.5, "rotation_degrees": 180 / 16},
}


def test_a_row_of_table_3_is_what_its_title_says_and_else_the_paper():
    """In each of them the heads' keys and values are together as wide as a feature."""
    table = TABLES["kvm_table_3"]
    paper = list_flags(TrainOptions.parse(["tfreid", "--model=kvm_mn"]))
    for row in table.rows[:-1]:
        flags = list_flags(read_row(row, table.columns[0]))
        letters = re.findall(r"(\w) = (\d+)", row.title)
        expected = {**BASE, **{LETTERS[letter]: int(number) for letter, number in letters}}
        expected.update(SAID.get(row.name, {}))
        size = expected["feature_dim"] // expected["num_heads"]
        expected.update(key_dim=size, value_dim=size, dataset="cuhk03_labeled", split="random:0")
        run = {name: flags[name] for name in ("checkpoint_steps", "log_steps")}
        assert flags == {**paper, **run, **expected}, row.name
    assert {row.name for row in table.rows if "=" not in row.title} - {"full"} <= SAID.keys()


def test_row_f_and_table_1_are_the_whole_paper_but_for_what_their_titles_say():
    paper = list_flags(TrainOptions.parse(["tfreid", "--model=kvm_mn"]))
    whole = {**paper, "checkpoint_steps": 1000, "log_steps": 50}
    table = TABLES["kvm_table_3"]
    full = list_flags(read_row(table.rows[-1], table.columns[0]))
    cuhk03 = {"dataset": "cuhk03_labeled", "split": "random:0"}
    assert full == {**whole, **cuhk03, "key_dim": 128, "value_dim": 128}
    people = {"cuhk01_100": 100, "cuhk01_486": 486}
    for row in TABLES["kvm_table_1"].rows:
        plain = {} if row.name == "kvm_mn" else {"rotation_degrees": 0, "erasing_probability": 0}
        for column in TABLES["kvm_table_1"].columns:
            data = {"dataset": column.dataset, "test_identities": people.get(column.name, 0)}
            assert list_flags(read_row(row, column)) == {**whole, **plain, **data}, column.name
