"""Options of the check of a data set."""

import pytest

from tfreid.errors import InputError
from tfreid.options.check import PURPOSES, CheckOptions


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
