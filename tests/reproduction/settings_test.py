"""What all commands on a folder share, and the data, looked at before anything starts."""

import json
import os
import shutil

import pytest

from tests.reproduction.cases import make_options, make_plan
from tfreid.errors import InputError
from tfreid.reproduction.plan import Plan
from tfreid.reproduction.settings import check_data, claim_folder

TIMES = {"table": "sona_section_3_5"}  # needs no data


def claim(path, **changes):
    """Returns a context that holds the folder."""
    options = make_options(path, **{**TIMES, **changes})
    return claim_folder(Plan(options), options)


def test_a_new_folder_keeps_its_settings_and_the_same_ones_go_on(tmp_path):
    for seeds in (1, 2):
        with claim(tmp_path / "new" / "out", seeds=seeds):
            pass
    settings = json.loads((tmp_path / "new" / "out" / "settings.json").read_text())
    assert settings == {
        **TIMES,
        **{"scale": "small", "dataset": "", "initial_weights": "", "train_flags": "", "data": {}},
    }


def test_other_settings_are_refused_with_what_differs(tmp_path, market_folder):
    data = {"table": "sona_table_2", "dataset": "folder", "data_dir": market_folder()}
    with claim(tmp_path / "out", **data):
        pass
    data["data_dir"] = market_folder(name="other", images=3)
    with pytest.raises(InputError) as caught, claim(tmp_path / "out", **data, scale="paper"):
        pass
    text = str(caught.value)
    assert "was started with scale small (now paper), data {" in text and "\n" not in text


def test_two_commands_do_not_work_in_one_folder(tmp_path):
    with claim(tmp_path):
        with pytest.raises(InputError, match="another command works there"), claim(tmp_path):
            pass
    with claim(tmp_path):
        pass


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "holiday.jpg").write_bytes(b"")
    with pytest.raises(InputError, match="holds other things, holiday.jpg for one"):
        with claim(tmp_path):
            pass
    assert os.listdir(tmp_path) == ["holiday.jpg"]


@pytest.mark.parametrize("text", ["{", "[]", ""])
def test_damaged_settings_are_told(tmp_path, text):
    (tmp_path / "settings.json").write_text(text)
    with pytest.raises(InputError, match="settings.json: is damaged"), claim(tmp_path):
        pass


def test_a_file_where_the_folder_should_be_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be made"), claim(tmp_path / "file" / "out"):
        pass


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
