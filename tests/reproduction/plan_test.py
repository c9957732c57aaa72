"""Which runs a command makes, with which flags."""

import dataclasses
import os

import pytest

from tests.reproduction.cases import make_options, make_plan
from tfreid.errors import InputError
from tfreid.options import TrainOptions
from tfreid.reproduction.plan import Plan


def names_of(plan):
    return [run.name for run in plan.runs]


def test_all_rows_are_run_once_before_any_is_run_again(tmp_path):
    plan = make_plan(tmp_path, rows=("sona23_net", "sona2_net"), seeds=2)
    assert names_of(plan) == [
        "sona2_net/seed0",
        "sona23_net/seed0",
        "sona2_net/seed1",
        "sona23_net/seed1",
    ]
    assert plan.runs[1].workdir == os.path.join(tmp_path, "sona23_net", "seed0")


def test_a_table_is_run_as_often_as_in_the_paper(tmp_path):
    assert len(make_plan(tmp_path, seeds=-1).runs) == 3 * 4
    assert len(make_plan(tmp_path, seeds=-1, table="kvm_table_3").runs) == 18


def test_several_data_sets_have_folders_of_their_own(tmp_path):
    plan = make_plan(tmp_path, table="sona_table_4", rows=("sona2_net",))
    assert names_of(plan) == ["cuhk03_labeled/sona2_net/seed0", "cuhk03_detected/sona2_net/seed0"]
    assert [run.options.data.dataset for run in plan.runs] == [
        "cuhk03_np_labeled",
        "cuhk03_np_detected",
    ]


def test_at_paper_scale_a_recipe_is_as_it_stands(tmp_path):
    run = make_plan(tmp_path, scale="paper", rows=("sona3_net",)).runs[0]
    recipe = TrainOptions.parse(["tfreid", "--recipe=sona3_market1501", "--data_dir=D"])
    assert run.options == recipe._replace(
        run=dataclasses.replace(recipe.run, workdir=str(tmp_path / "sona3_net" / "seed0"))
    )


def test_flags_of_ones_own_come_after_those_of_the_scale(tmp_path):
    plan = make_plan(tmp_path, train_flags="--epochs=3 '--precision=mixed_float16'")
    assert {run.options.learning.epochs for run in plan.runs} == {3}
    assert plan.runs[0].options.run.precision == "mixed_float16"
    assert plan.runs[0].options.data.height == 128


def test_splits_are_all_of_the_papers_or_one_at_small_scale(tmp_path):
    changes = {"table": "kvm_table_1", "dataset": "cuhk03_labeled", "rows": ("kvm_mn",)}
    paper = make_plan(tmp_path, scale="paper", **changes)
    assert [run.options.data.split for run in paper.runs] == [f"random:{k}" for k in range(10)]
    assert names_of(paper)[3] == "kvm_mn/split-random-3/seed0"
    assert len(make_plan(tmp_path, **changes).runs) == 1
    assert len(make_plan(tmp_path, splits=3, **changes).runs) == 3


def test_test_identities_come_from_the_columns_recipe(tmp_path):
    plan = make_plan(tmp_path, table="kvm_table_1", dataset="cuhk01", rows=("kvm_mn",))
    assert [run.options.data.test_identities for run in plan.runs] == [100, 486]


def test_another_data_set_takes_the_recipe_without_its_choice_of_people(tmp_path):
    plan = make_plan(tmp_path, table="kvm_table_3", dataset="synthetic", rows=("base",))
    data = plan.runs[0].options.data
    assert plan.is_foreign
    assert (data.dataset, data.split, data.test_identities) == ("synthetic", "0", 0)


def test_a_table_of_times_needs_neither_data_nor_weights(tmp_path):
    weights = tmp_path / "weights"
    weights.write_bytes(b"")
    plan = make_plan(
        tmp_path,
        table="sona_section_3_5",
        dataset="synthetic",
        initial_weights=str(weights),
        scale="paper",
    )
    assert not plan.is_foreign
    assert names_of(plan) == ["without_sona2/seed0", "with_sona2/seed0"]
    assert {run.options.data.data_dir for run in plan.runs} == {""}
    assert {run.options.run.initial_weights for run in plan.runs} == {""}


def test_runs_of_earlier_commands_are_found(tmp_path):
    (tmp_path / "sona3_net" / "seed12").mkdir(parents=True)
    (tmp_path / "sona3_net" / "seedling").mkdir()
    plan = make_plan(tmp_path, rows=("sona2_net",))
    assert [run.name for run in plan.list_found()] == ["sona3_net/seed12"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"out": ""}, "`out` is empty: give the folder"),
        ({"splits": 2}, "splits=2: sona_table_2 has 1 here"),
        ({"table": "kvm_table_1", "splits": 11}, "splits=11: kvm_table_1 has 10 here"),
        (
            {"table": "kvm_table_1", "dataset": "synthetic", "splits": 2},
            "splits=2: kvm_table_1 has 1 here",
        ),
        ({"initial_weights": "nowhere.pth"}, "initial_weights=nowhere.pth: no such file"),
        ({"train_flags": "--seed=3"}, "--seed=3 is not for here"),
        ({"train_flags": "--recipe=demo_sona"}, "--recipe=demo_sona is not for here"),
        ({"train_flags": "epochs=3"}, "epochs=3 is not for here"),
        ({"train_flags": "--epochs='3"}, "No closing quotation"),
        (
            {"train_flags": "--epoch=3"},
            r"train_flags=--epoch=3 \(flags of tfreid.train\): --epoch=3: no such flag",
        ),
        (
            {"train_flags": "--epochs=-1"},
            r"train_flags=--epochs=-1 \(flags of tfreid.train\): epochs=-1: must be at least 0",
        ),
    ],
)
def test_what_cannot_be_planned_is_told(tmp_path, changes, message):
    with pytest.raises(InputError, match=message) as caught:
        Plan(make_options(**{"out": tmp_path, **changes}))
    assert "\n" not in str(caught.value)
