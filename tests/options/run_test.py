"""Options of a run and of its evaluation."""

import dataclasses

import pytest

from tfreid.errors import InputError
from tfreid.options import RunOptions
from tfreid.options.fields import rule_of
from tfreid.systems.embedding.options import EvaluationOptions


def test_by_default_a_run_is_repeatable():
    options = RunOptions()
    assert options.deterministic and not options.jit_compile
    assert (options.devices, options.precision) == ("one", "float32")


@pytest.mark.parametrize("devices", ["one", "gpus", "cpus:1", "cpus:2", "cpus:99"])
def test_devices_may_be_one_all_or_a_number_of_cpus(devices):
    assert RunOptions(devices=devices).devices == devices


@pytest.mark.parametrize("devices", ["", "cpu", "cpus", "cpus:0", "cpus:100", "gpus:2", "one "])
def test_other_devices_are_refused(devices):
    with pytest.raises(InputError, match=f"devices={devices}: give one, gpus or cpus:N with N"):
        RunOptions(devices=devices)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"precision": "float16"}, "precision=float16: allowed values are float32, mixed_f"),
        ({"checkpoint_steps": 0}, "checkpoint_steps=0: must be at least 1"),
        ({"keep_checkpoints": 0}, "keep_checkpoints=0: must be at least 1"),
        ({"log_steps": 0}, "log_steps=0: must be at least 1"),
        ({"jit_compile": True}, "`jit_compile`: XLA has no deterministic gradient"),
    ],
)
def test_wrong_values_are_told(values, message):
    with pytest.raises(InputError, match=message):
        RunOptions(**values)


def test_xla_is_allowed_where_kernels_need_not_be_deterministic():
    assert RunOptions(jit_compile=True, deterministic=False).jit_compile


def test_what_a_run_reports_may_change_when_it_continues_but_not_what_it_computes():
    shapes = {field.name: rule_of(field).shapes_result for field in dataclasses.fields(RunOptions)}
    for name in ("workdir", "checkpoint_steps", "keep_checkpoints", "log_steps"):
        assert not shapes[name], name
    for name in ("initial_weights", "devices", "precision", "jit_compile", "deterministic"):
        assert shapes[name], name


def test_evaluation_averages_mirror_images_as_the_paper_does():
    assert EvaluationOptions().flip_averaging
    with pytest.raises(InputError, match="evaluation_batch=0: must be at least 1"):
        EvaluationOptions(evaluation_batch=0)
