"""Recipes by name, from anywhere."""

import os

import pytest

from tfreid.errors import InputError
from tfreid.options import TrainOptions
from tfreid.options.recipes import find_recipe, list_recipes


def test_a_recipe_is_found_by_its_name_from_any_folder(repository, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = find_recipe("sona2_market1501")
    assert path == find_recipe("sona2_market1501.cfg")
    assert os.path.samefile(path, repository / "configs" / "sona2_market1501.cfg")


def test_all_recipes_are_listed(repository):
    assert list_recipes() == sorted(path.stem for path in (repository / "configs").glob("*.cfg"))


@pytest.mark.parametrize("name", ["sona5", "../configs/sona2_market1501", "BUILD", ".cfg"])
def test_an_unknown_recipe_is_told_with_the_list_of_all(name):
    with pytest.raises(InputError) as caught:
        find_recipe(name)
    assert name.removesuffix(".cfg") in str(caught.value)
    assert all(recipe in str(caught.value) for recipe in list_recipes())


def test_every_command_takes_a_recipe_by_name_and_flags_behind_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    by_name = TrainOptions.parse(["tfreid", "--recipe=sona3_market1501", "--epochs=3"])
    assert by_name == TrainOptions.read(find_recipe("sona3_market1501"), ["--epochs=3"])
    assert by_name.model.sona_stages == (3,) and by_name.learning.epochs == 3
