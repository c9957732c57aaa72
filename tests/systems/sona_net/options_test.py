"""Options of SONA-Net."""

import pytest

from tfreid.errors import InputError
from tfreid.systems.sona_net.options import SonaNetOptions


def test_the_defaults_are_sona2_net():
    options = SonaNetOptions()
    assert (options.sona_stages, options.sona_after_stage4) == ((2,), "none")
    assert (options.sona_reduction, options.width_multiplier) == (2, 1)
    assert (options.drop, options.drop_probability) == ("dropblock_plus", 0.1)
    assert (options.drop_height, options.drop_width) == (5, 8)
    assert (options.global_dim, options.local_dim) == (512, 1024)


@pytest.mark.parametrize("stages", [(), (2,), (3,), (2, 3), (3, 2)])
def test_attention_may_follow_any_of_the_stages_2_and_3(stages):
    assert SonaNetOptions(sona_stages=stages).sona_stages == stages


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"sona_stages": (4,)}, "sona_stages=4: allowed values are 2, 3"),
        ({"sona_stages": (2, 2)}, r"sona_stages=\(2, 2\): name each stage once"),
        ({"sona_after_stage4": "all"}, "allowed values are none, global, local, both"),
        ({"sona_reduction": 0}, "sona_reduction=0: must be at least 1"),
        ({"drop": "dropout"}, "drop=dropout: allowed values are none, dropblock"),
        (
            {"drop": "dropblock"},
            "drops squares, but drop_height=5 and drop_width=8: make them equal, or use",
        ),
        ({"drop_probability": 0.95}, "drop_probability=0.95: must be at most 0.9"),
        ({"width_multiplier": 0.01}, "width_multiplier=0.01: must be at least 0.0625"),
        (
            {"backbone": "resnet18", "stage4_dilation": 1},
            "stage4_dilation=1: goes with backbone=resnet50 only; leave it out",
        ),
        ({"model": "kvm_mn"}, "model=kvm_mn: allowed values are sona_net"),
    ],
)
def test_wrong_values_are_told(values, message):
    with pytest.raises(InputError, match=message):
        SonaNetOptions(**values)


def test_only_square_dropping_needs_a_square():
    assert SonaNetOptions(drop="none", drop_height=3, drop_width=4).drop_width == 4
