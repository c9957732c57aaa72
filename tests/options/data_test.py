"""Options of the data and of their augmentation."""

import dataclasses

import pytest

from tfreid.data.specs import SPECS
from tfreid.errors import InputError
from tfreid.options.data import PURPOSES, AugmentOptions, CheckOptions, DataOptions
from tfreid.options.fields import rule_of


def test_the_defaults_are_the_papers():
    data, augment = DataOptions(), AugmentOptions()
    assert (data.height, data.width) == (384, 128)
    assert (augment.flip_probability, augment.cutout_probability) == (0.5, 0.5)
    assert (augment.cutout_height, augment.cutout_width) == (64, 64)


@pytest.mark.parametrize("name", SPECS)
def test_every_data_set_is_allowed(name):
    assert DataOptions(dataset=name).dataset == name


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"dataset": "mars"}, "dataset=mars: allowed values are market1501, dukemtmc_reid"),
        ({"height": 15}, "height=15: must be at least 16"),
        ({"width": 2049}, "width=2049: must be at most 2048"),
    ],
)
def test_wrong_data_options_are_told(values, message):
    with pytest.raises(InputError, match=message):
        DataOptions(**values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"flip_probability": 1.5}, "flip_probability=1.5: must be at most 1"),
        ({"cutout_probability": -0.1}, "cutout_probability=-0.1: must be at least 0"),
        ({"cutout_height": 0}, "cutout_height=0: must be at least 1"),
        ({"erasing_area_min": 0.5}, "erasing_area_min=0.5: must not be larger than"),
        ({"rotation_degrees": 181}, "rotation_degrees=181: must be at most 180"),
    ],
)
def test_wrong_augmentation_is_told(values, message):
    with pytest.raises(InputError, match=message):
        AugmentOptions(**values)


def test_where_the_images_lie_may_change_when_a_run_continues_but_not_which():
    shapes = {field.name: rule_of(field).shapes_result for field in dataclasses.fields(DataOptions)}
    assert not shapes["data_dir"] and not shapes["cache_images"]
    assert shapes["dataset"] and shapes["height"] and shapes["width"]


def test_all_is_checked_for_training_and_evaluation_by_default():
    options = CheckOptions()
    assert options.purpose == "both" and options.full


@pytest.mark.parametrize("purpose", PURPOSES)
def test_every_purpose_is_allowed(purpose):
    assert CheckOptions(purpose=purpose).purpose == purpose


def test_other_purposes_are_refused():
    with pytest.raises(InputError, match="purpose=serve: allowed values are both, train, eval"):
        CheckOptions(purpose="serve")


def test_a_batch_shows_two_identities_or_is_not_decided_yet():
    assert CheckOptions().identities_per_batch == 0
    assert CheckOptions(identities_per_batch=2).identities_per_batch == 2
    with pytest.raises(InputError, match="identities_per_batch=1: must be at least 2, or 0 if"):
        CheckOptions(identities_per_batch=1)
