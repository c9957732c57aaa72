"""Options of KVM-MN's network."""

import dataclasses

import pytest

from tfreid.errors import InputError
from tfreid.models.inception import ENDPOINTS as ALL_ENDPOINTS
from tfreid.options.data import AugmentOptions, DataOptions
from tfreid.systems.kvm_mn.options import (
    ENDPOINTS,
    KvmMnAugmentOptions,
    KvmMnDataOptions,
    KvmMnOptions,
)


def test_the_defaults_are_the_papers():
    options = KvmMnOptions()
    assert (options.feature_dim, options.num_heads) == (512, 4)
    assert (options.key_dim, options.value_dim) == (64, 64)
    assert options.attention_size == options.comparison_size == options.score_size == 512
    assert options.final_endpoint == "Mixed_4f" and options.position_embedding


def test_dimensions_follow_each_other_unless_given():
    options = KvmMnOptions(feature_dim=8, comparison_dim=6)
    assert (options.attention_size, options.comparison_size, options.score_size) == (8, 6, 6)
    options = KvmMnOptions(feature_dim=8, attention_dim=5, score_dim=7)
    assert (options.attention_size, options.comparison_size, options.score_size) == (5, 8, 7)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_every_endpoint_is_one_of_the_backbone(endpoint):
    assert endpoint in ALL_ENDPOINTS
    assert KvmMnOptions(final_endpoint=endpoint).final_endpoint == endpoint


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"final_endpoint": "Mixed_4g"},
            "Mixed_4g: did you mean Mixed_4f. allowed values are Mixed_3b",
        ),
        ({"feature_dim": 6}, "feature_dim=6: must be a multiple of 4 for the position embedding"),
        (
            {"key_equals_value": True, "key_dim": 8},
            "`key_equals_value` needs key_dim=8 and value_dim=64 to be equal",
        ),
        ({"num_heads": 0}, "num_heads=0: must be at least 1"),
    ],
)
def test_contradictions_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        KvmMnOptions(**arguments)


def test_without_positions_any_dimension_is_allowed():
    assert KvmMnOptions(feature_dim=6, position_embedding=False).feature_dim == 6


def test_both_systems_have_the_same_flags_for_data_with_defaults_of_their_own():
    for ours, theirs in ((DataOptions, KvmMnDataOptions), (AugmentOptions, KvmMnAugmentOptions)):
        names = [field.name for field in dataclasses.fields(ours)]
        assert [field.name for field in dataclasses.fields(theirs)] == names
        assert ours() != theirs()
