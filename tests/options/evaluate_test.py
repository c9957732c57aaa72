"""Options of the commands that look at a trained network."""

import pytest

from tfreid.data.specs import SPECS
from tfreid.errors import InputError
from tfreid.options.evaluate import CheckpointOptions, VisualizeOptions


def test_by_default_the_latest_checkpoint_meets_its_own_data():
    options = CheckpointOptions()
    assert (options.step, options.dataset, options.data_dir) == (-1, "", "")


@pytest.mark.parametrize("name", ("", *SPECS))
def test_any_other_data_set_may_be_named(name):
    assert CheckpointOptions(dataset=name).dataset == name


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"step": -2}, "step=-2: must be at least -1"),
        ({"dataset": "mars"}, r"dataset=mars: allowed values are \(empty\), market1501"),
    ],
)
def test_wrong_values_are_told(values, message):
    with pytest.raises(InputError, match=message):
        CheckpointOptions(**values)


def test_pictures_go_nowhere_unless_told():
    assert VisualizeOptions().out == ""
