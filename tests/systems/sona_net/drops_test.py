"""What the local branch drops, by name."""

import pytest

from tfreid.layers.batch_feature_erasing import BatchFeatureErasing
from tfreid.layers.dropblock_plus import DropBlockPlus
from tfreid.systems.sona_net.drops import DROPS
from tfreid.systems.sona_net.options import SonaNetOptions


def make_drop(options, seed):
    return DROPS[options.drop].make(options, seed)


@pytest.mark.parametrize("drop", DROPS)
def test_every_drop_is_allowed(drop):
    block = {"drop_height": 7, "drop_width": 7}
    assert SonaNetOptions(drop=drop, **block).drop == drop


def test_each_drop_flag_makes_its_layer():
    assert make_drop(SonaNetOptions(drop="none"), 0) is None
    erasing = make_drop(SonaNetOptions(drop="batch_feature_erasing", erasing_height_ratio=0.2), 3)
    assert isinstance(erasing, BatchFeatureErasing)
    assert (erasing.height_ratio, erasing.seed) == (0.2, 3)
    square = make_drop(SonaNetOptions(drop="dropblock", drop_height=7, drop_width=7), 4)
    assert isinstance(square, DropBlockPlus) and (square.block_height, square.seed) == (7, 4)
    tall = make_drop(SonaNetOptions(drop_probability=0.2, drop_height=5, drop_width=2), 0)
    assert (tall.drop_probability, tall.block_height, tall.block_width) == (0.2, 5, 2)
