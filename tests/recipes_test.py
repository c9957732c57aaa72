"""Every recipe in configs/ parses, makes options, and says in its header what it is."""

import dataclasses
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


@pytest.mark.parametrize(
    ("row", "name", "stages", "drop"),
    [
        ("BL", "sona_baseline", (), "none"),
        ("BL+DB", "sona_dropblock", (), "dropblock"),
        ("BL+DB+", "sona_dropblock_plus", (), "dropblock_plus"),
        ("BL+BFE", "sona_bfe", (), "batch_feature_erasing"),
        ("BL+SONA2", "sona2_nodrop", (2,), "none"),
        ("BL+BFE+SONA2", "sona2_bfe", (2,), "batch_feature_erasing"),
        ("SONA2-Net", "sona2", (2,), "dropblock_plus"),
        ("SONA3-Net", "sona3", (3,), "dropblock_plus"),
        ("SONA2+3-Net", "sona23", (2, 3), "dropblock_plus"),
    ],
)
def test_each_row_of_table_5_is_a_recipe_of_the_paper_but_for_attention_and_drop(
    row, name, stages, drop, monkeypatch
):
    monkeypatch.chdir(ROOT)
    recipe = _read_options(ROOT / "configs" / f"{name}_market1501.cfg")
    paper = TrainOptions.parse(["tfreid"])
    assert (recipe.model.sona_stages, recipe.model.drop) == (stages, drop), row
    assert recipe._replace(model=paper.model) == paper
    block = (7, 7) if drop == "dropblock" else (5, 8)
    assert recipe.model == dataclasses.replace(
        paper.model, sona_stages=stages, drop=drop, drop_height=block[0], drop_width=block[1]
    )


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
