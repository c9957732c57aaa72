"""Every recipe of configs/: its header, its flags, and the row of a published table that it is."""

import dataclasses
import re

import pytest

from tfreid.options import TrainOptions
from tfreid.options.flagfiles import find_recipe, list_recipes
from tfreid.options.flags import to_flags
from tfreid.reproduction.plan import TABLES
from tfreid.training.inheritance import inherit_network

NAMING = ("--flagfile", "--model", "--dataset")  # what a recipe is, even where it is the default


def read(*flags):
    return TrainOptions.parse(inherit_network(["tfreid", *flags]))


@pytest.fixture(scope="module")
def recipes():
    """{name: `TrainOptions`} of all."""
    return {name: read(f"--recipe={name}") for name in list_recipes()}


@pytest.fixture(scope="module")
def cells():
    """{flags of a row on a data set: (Table, Row, Column)}, the paper's scores, not its times."""
    found = {}
    for table in TABLES.values():
        for row in table.rows if not table.is_timing else ():
            for column in table.columns:
                data = {"dataset": column.dataset, **column.overrides}
                data.update({"split": column.splits[0]} if column.splits else {})
                options = read(f"--recipe={row.recipe}", *to_flags(row.overrides), *to_flags(data))
                found.setdefault(options, (table, row, column))
    return found


def read_header(name):
    """Returns the words of the comment that a recipe begins with."""
    return re.sub(r"\n# ?", " ", read_text(name).split("\n\n")[0])


def read_text(name):
    with open(find_recipe(name), encoding="utf-8") as file:
        return file.read()


def list_lines(name):
    return [line for line in read_text(name).splitlines() if line and line[0] != "#"]


def test_a_recipe_begins_with_what_it_is_its_command_and_its_score():
    for name in list_recipes():
        header = read_header(name)
        assert "Paper: " in header, name
        assert f" --recipe={name} " in header, f"{name}: no command"
        assert re.search(r"Here: (not run|mAP \d)", header), f"{name}: no score"


def test_comments_are_whole_lines_and_overrides_come_after_what_they_override():
    for name in list_recipes():
        lines = list_lines(name)
        assert all(line.startswith("--") and "#" not in line for line in lines), name
        included = [place for place, line in enumerate(lines) if line.startswith("--flagfile")]
        assert included in ([], [0]), f"{name}: its --flagfile is not the first line"


def test_a_recipe_says_nothing_that_holds_without_it(recipes):
    """Defaults have one home, the options; only what a recipe is for may be said all the same."""
    for name, options in recipes.items():
        first = list_lines(name)[0].replace("--flagfile=", "--recipe=")
        base = read(first if first.startswith("--recipe") else f"--model={options.model.model}")
        before, after = list_flags(base), list_flags(options)
        for line in list_lines(name):
            flag = line[2:].partition("=")[0]
            assert line.startswith(NAMING) or before[flag] != after[flag], f"{name}: {line}"


def list_flags(options):
    """Returns {flag: value} of all groups."""
    return {name: value for group in options for name, value in vars(group).items()}


def test_no_two_recipes_make_the_same_options(recipes):
    made = {}
    for name, options in recipes.items():
        assert options.data.height > options.data.width, name
        assert options not in made, f"{name} repeats {made[options]}"
        made[options] = name


def test_each_row_of_table_5_has_a_recipe(recipes, cells):
    """KVM-MN's rows are in the table alone, but for those that others start from."""
    told = {cells[options][1].name for options in recipes.values() if options in cells}
    rows = {row.name for row in TABLES["sona_table_5"].rows}
    assert rows | {"kvm_mn", "base"} == told


def test_a_recipe_of_a_row_tells_its_published_scores(recipes, cells):
    for name, options in recipes.items():
        if options in cells:
            _, row, column = cells[options]
            figures, scores = row.figures[column.name], read_scores(name)
            for metric, (mean, deviation) in scores.items():
                published = figures.means[metric], figures.deviations.get(metric, 0)
                assert (mean, deviation) == published, f"{name}: {metric}"
            assert scores.keys() >= {"mAP", "rank1"} & figures.means.keys(), name


def read_scores(name):
    """Returns {metric: (mean, deviation or 0)} of what a header says is published."""
    published = read_header(name).partition("Published")[2].partition("Here:")[0]
    found = re.findall(r"(mAP|rank-\d+) ([\d.]*\d)(?: \+- ([\d.]*\d))?", published)
    return {metric.replace("-", ""): (float(a), float(b or 0)) for metric, a, b in found}


def test_two_gpus_are_all_that_the_papers_machine_changes(recipes):
    one, two = recipes["kvm_mn_market1501"], recipes["kvm_mn_two_gpus_market1501"]
    assert two == one._replace(run=dataclasses.replace(one.run, devices="gpus"))
