"""The small scale keeps what a row is about."""

import pytest

from tfreid.options import TrainOptions
from tfreid.reproduction.scales import OVERLAYS, Overlay
from tfreid.reproduction.tables import TABLES

SIZES = {"feature_dim": 4, "key_dim": 4, "value_dim": 4, "steps": 50}


def list_flags(options):
    return {name: value for group in options for name, value in vars(group).items()}


def read_small(path):
    paper = TrainOptions.read(path)
    overlay = OVERLAYS[paper.model.model]
    return paper, TrainOptions.read(path, overlay.list_flags(paper))


@pytest.fixture(autouse=True)
def _stand_in_the_repository(repository, monkeypatch):
    monkeypatch.chdir(repository)


def test_sona2_net_is_the_small_recipe():
    small = read_small("configs/sona2_market1501.cfg")[1]
    assert small == TrainOptions.read("configs/sona_small_market1501.cfg")


def test_dropblock_still_drops_squares():
    small = read_small("configs/sona_dropblock_market1501.cfg")[1]
    assert (small.model.drop_height, small.model.drop_width) == (4, 4)  # half of 7, rounded up


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_no_two_rows_become_the_same(table):
    for column in table.columns:
        made = [repr(read_small(f"configs/{row.recipes[column.name]}.cfg")) for row in table.rows]
        assert len(set(made)) == len(table.rows)


@pytest.mark.parametrize("row", TABLES["kvm_table_3"].rows, ids=lambda row: row.name)
def test_a_row_differs_from_the_base_in_what_it_differs_in_the_paper(row):
    base_paper, base = map(list_flags, read_small("configs/kvm_mn_base_cuhk03_labeled.cfg"))
    paper, small = map(list_flags, read_small(f"configs/{row.recipes['cuhk03_labeled']}.cfg"))
    differing = {name for name in paper if paper[name] != base_paper[name]} - {"num_sets"}
    assert {name for name in small if small[name] != base[name]} == differing
    for name in differing:
        assert small[name] == (paper[name] // SIZES[name] if name in SIZES else paper[name])


def test_flags_are_written_as_flagfiles_write_them():
    options = TrainOptions.parse(["tfreid"])
    overlay = Overlay({"cache_images": True, "decay_epochs": (3, 4)}, {"epochs": 300})
    assert overlay.list_flags(options) == [
        "--cache_images=true",
        "--decay_epochs=3,4",
        "--epochs=2",  # 400 / 300, rounded up
    ]
