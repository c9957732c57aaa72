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


NOT_AUGMENTED = {"rotation_degrees": 0.0, "erasing_probability": 0.0}
ABLATION = {"feature_dim": 256, "set_size": 10, "num_sets": 100_000, "steps": 100_000}
ABLATION.update(NOT_AUGMENTED, dataset="cuhk03_labeled", split="random:0")
TABLE_1 = {
    "market1501": {},
    "cuhk03_labeled": {"dataset": "cuhk03_labeled", "split": "random:0"},
    "cuhk01_100": {"dataset": "cuhk01", "test_identities": 100},
    "cuhk01_486": {"dataset": "cuhk01", "test_identities": 486},
}
TABLE_3 = {
    "base": {},
    "heads1": {"num_heads": 1, "key_dim": 256, "value_dim": 256},
    "heads2": {"num_heads": 2, "key_dim": 128, "value_dim": 128},
    "heads8": {"num_heads": 8, "key_dim": 32, "value_dim": 32},
    "key_equals_value": {"key_equals_value": True},
    "d512": {"feature_dim": 512, "key_dim": 128, "value_dim": 128},
    "d1024": {"feature_dim": 1024, "key_dim": 256, "value_dim": 256},
    "no_position": {"position_embedding": False},
    "pairwise": {"objective": "pairwise"},
    "set2_random": {"set_size": 2, "negatives": "random"},
    "set2_hard": {"set_size": 2},
    "set5": {"set_size": 5},
    "set15": {"set_size": 15},
    "set30": {"set_size": 30},
    "steps10k": {"steps": 10_000},
    "erasing": {"erasing_probability": 0.5},
    "erasing_rotation": {"erasing_probability": 0.5, "rotation_degrees": 11.25},
}
FULL = {**TABLE_1["cuhk03_labeled"], "key_dim": 128, "value_dim": 128}
KVM_MN = {
    **TABLE_1,
    **{f"noaug_{name}": {**flags, **NOT_AUGMENTED} for name, flags in TABLE_1.items()},
    **{f"{name}_cuhk03_labeled": {**ABLATION, **flags} for name, flags in TABLE_3.items()},
    "full_cuhk03_labeled": FULL,
    "two_gpus_market1501": {"devices": "gpus"},
}
RUN_FLAGS = {"checkpoint_steps", "log_steps"}  # how often, not what


@pytest.mark.parametrize("name", KVM_MN)
def test_each_row_of_kvm_mns_tables_is_a_recipe_of_the_paper_but_for_what_it_says(
    name, monkeypatch
):
    monkeypatch.chdir(ROOT)
    recipe = _list_flags(_read_options(ROOT / "configs" / f"kvm_mn_{name}.cfg"))
    paper = _list_flags(TrainOptions.parse(["tfreid", "--model=kvm_mn"]))
    how_often = {flag: recipe[flag] for flag in RUN_FLAGS}
    assert recipe == {**paper, **how_often, **KVM_MN[name]}


def _list_flags(options):
    """Returns {flag: value} of all groups."""
    return {name: value for group in options for name, value in vars(group).items()}
