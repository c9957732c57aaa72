"""Data are looked at before anything starts."""

import shutil

import pytest

from tests.reproduction.cases import make_plan
from tfreid.errors import InputError
from tfreid.reproduction.data_check import check_data


def test_a_table_of_times_needs_no_data(tmp_path):
    assert check_data(make_plan(tmp_path, table="sona_section_3_5")) == {}


def test_the_fingerprint_tells_folders_apart_but_not_their_places(tmp_path, market_folder):
    def check(folder):
        return check_data(make_plan(tmp_path, dataset="folder", data_dir=folder))["market1501"]

    first, other = market_folder(name="a"), market_folder(name="b", images=3)
    moved = shutil.copytree(first, tmp_path / "moved")
    assert check(first) == check(str(moved)) != check(other)


def test_another_data_set_than_the_tables_is_refused_by_its_counts(tmp_path, market_folder):
    plan = make_plan(tmp_path, data_dir=market_folder())
    with pytest.raises(InputError, match="not Market-1501 as published.*but published are 12,936"):
        check_data(plan)


def test_without_a_folder_the_data_set_is_named(tmp_path):
    with pytest.raises(InputError, match="^`data_dir` is empty: .* CUHK03"):
        check_data(make_plan(tmp_path, table="sona_table_4", data_dir=""))


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(InputError, match="nowhere: no such folder"):
        check_data(make_plan(tmp_path, data_dir=str(tmp_path / "nowhere")))


def test_data_that_can_be_learned_from_but_not_measured_are_refused(tmp_path, market_folder):
    folder = market_folder()
    for name in ("query", "bounding_box_test"):
        shutil.rmtree(f"{folder}/{name}")
    with pytest.raises(InputError, match="no query images"):
        check_data(make_plan(tmp_path, dataset="folder", data_dir=folder))
