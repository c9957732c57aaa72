"""What counts as finished."""

import json
import math
import os

import pytest

from tests.reproduction.cases import LINE, finish, make_plan
from tfreid.errors import InputError
from tfreid.reproduction.results import mark_finished, read_result
from tfreid.runs.workdir import Workdir


@pytest.fixture
def run(tmp_path):
    return make_plan(tmp_path).runs[0]


def write_lines(run, *lines):
    with open(Workdir(run.workdir).metrics, "w", encoding="utf-8") as file:
        file.writelines(
            f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines
        )


def test_a_finished_run_is_read(run):
    assert read_result(run) is None
    finish(run)
    assert read_result(run) == LINE


def test_an_evaluated_run_whose_process_has_not_ended_is_not_finished(run):
    """Lines are written after some epochs, too, not only after the last."""
    finish(run)
    os.remove(os.path.join(run.workdir, "finished.json"))
    assert read_result(run) is None


def test_the_last_evaluation_of_the_training_counts_and_its_own_protocol(run):
    finish(run)
    write_lines(
        run,
        {**LINE, "step": 3, "mAP": 1.0},
        {**LINE, "mAP": 2.0, "protocol": "single_gallery_shot_drop_camera"},
        {**LINE, "mAP": 3.0, "protocol": "all_pairs"},
        {**LINE, "source": "evaluate", "step": 9, "mAP": 4.0},  # by the door, of whatever data
    )
    assert read_result(run)["mAP"] == 2.0


def test_a_run_with_other_flags_is_not_finished(run, tmp_path):
    finish(run)
    other = make_plan(tmp_path, train_flags="--epochs=3").runs[0]
    assert other.workdir == run.workdir
    assert read_result(other) is None


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        {**LINE, "mAP": math.nan},
        {**LINE, "mAP": "50"},
        {"source": "train", "step": 7},
        {**LINE, "step": "7"},
        {**LINE, "rank1": -1.0},
    ],
)
def test_a_damaged_result_is_none_and_told_when_its_process_ends(run, line):
    finish(run)
    write_lines(run, line)
    assert read_result(run) is None
    with pytest.raises(InputError, match=r"metrics.jsonl: no usable result; delete this file"):
        mark_finished(run)


def test_damaged_flags_are_no_finished_run(run):
    finish(run)
    with open(Workdir(run.workdir).flags, "wb") as file:
        file.write(b"\xff\xfe--epochs")
    assert read_result(run) is None
