"""Every recipe in configs/ parses, makes options, and says in its header what it is."""

import pathlib
import re

import pytest

from tfreid.options import TrainOptions

ROOT = pathlib.Path(__file__).resolve().parent.parent
RECIPES = sorted((ROOT / "configs").glob("*.cfg"))
NAMES = [path.name for path in RECIPES]


def _read_header(path):
    """Returns the words of the comment lines that a flagfile begins with."""
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            break
        lines.append(line.lstrip("# "))
    return " ".join(lines)


def _read_options(path):
    return TrainOptions.read(str(path.relative_to(ROOT)))


def test_there_is_a_recipe_for_every_row_of_table_5(monkeypatch):
    """The rows differ in the stages that attention follows and in what is dropped."""
    monkeypatch.chdir(ROOT)
    recipes = [_read_options(path) for path in RECIPES if path.stem.endswith("_market1501")]
    assert {(recipe.model.sona_stages, recipe.model.drop) for recipe in recipes} == {
        ((), "none"),
        ((), "batch_feature_erasing"),
        ((), "dropblock"),
        ((), "dropblock_plus"),
        ((2,), "none"),
        ((2,), "batch_feature_erasing"),
        ((2,), "dropblock_plus"),
        ((3,), "dropblock_plus"),
        ((2, 3), "dropblock_plus"),
    }


@pytest.mark.parametrize("path", RECIPES, ids=NAMES)
def test_a_recipe_makes_options(path, monkeypatch):
    monkeypatch.chdir(ROOT)  # a recipe names another one from the root
    options = _read_options(path)
    assert options.data.height > options.data.width


@pytest.mark.parametrize("path", RECIPES, ids=NAMES)
def test_a_recipe_begins_with_what_it_is_its_command_and_its_score(path):
    header = _read_header(path)
    assert "Paper: " in header
    assert f"--flagfile=configs/{path.name}" in header
    assert re.search(r"Here: (not run|mAP \d)", header)


@pytest.mark.parametrize("path", RECIPES, ids=NAMES)
def test_comments_are_whole_lines_and_overrides_come_after_what_they_override(path):
    flags = [line for line in path.read_text("utf-8").splitlines() if line and line[0] != "#"]
    assert all(line.startswith("--") and "#" not in line for line in flags)
    included = [place for place, line in enumerate(flags) if line.startswith("--flagfile")]
    assert included in ([], [0])


def test_no_two_recipes_make_the_same_options(monkeypatch):
    monkeypatch.chdir(ROOT)
    made = {}
    for path in RECIPES:
        options = repr(_read_options(path))
        assert options not in made, f"{path.name} repeats {made[options]}"
        made[options] = path.name
