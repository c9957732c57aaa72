"""Which runs of a command go on at the same time."""

import pytest

from tests.reproduction.cases import make_plan
from tfreid.reproduction.command import choose_slots


@pytest.mark.parametrize(
    ("changes", "jobs", "gpus"),
    [
        ({}, 0, ["3", "5"]),
        ({"train_flags": "--devices=gpus"}, 0, ["3,5"]),
        ({"table": "sona_section_3_5"}, 0, ["3"]),  # side by side they would slow each other down
        ({"table": "sona_section_3_5"}, 2, ["3", "5"]),
    ],
)
def test_gpus_are_spread_over_runs(tmp_path, repository, monkeypatch, changes, jobs, gpus):
    monkeypatch.chdir(repository)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    slots = choose_slots(make_plan(tmp_path, **changes), jobs)
    assert [slot["CUDA_VISIBLE_DEVICES"] for slot in slots] == gpus
