"""The table of weights by name: what each entry must say, and names that are not in it."""

import re

import pytest

from tfreid.errors import InputError
from tfreid.options import TrainOptions
from tfreid.systems import SYSTEMS
from tfreid.weights.catalogue import WEIGHTS, find_network, find_weights
from tfreid.weights.fetching import find_place


@pytest.mark.parametrize("name", WEIGHTS)
def test_an_entry_says_what_must_be_known_before_its_use(name):
    weights = WEIGHTS[name]
    assert weights.trained_on and weights.terms
    assert bool(weights.address) != bool(weights.packaged)
    assert re.fullmatch(r"[0-9a-f]{64}|[0-9a-f]{8}|", weights.sha256)
    assert bool(weights.figures) == bool(weights.source)
    assert all(0 < value < 100 for pair in weights.figures.values() for value in pair)
    assert bool(weights.flags) != bool(weights.starts)
    assert all(system in SYSTEMS for system in weights.starts)
    if weights.flags:  # those of a system, with values that it has
        TrainOptions.parse(["tfreid", *(f"--{flag}={v}" for flag, v in weights.flags.items())])


def test_names_lie_in_places_of_their_own():
    places = [find_place(name, weights) for name, weights in WEIGHTS.items() if weights.address]
    assert len(set(places)) == len(places) > 10


@pytest.mark.parametrize("name", ["osnet_x0_25_msmt71", "osnet_x025_msmt17"])
def test_a_wrong_name_tells_the_nearest(name):
    with pytest.raises(InputError) as caught:
        find_weights(name)
    assert name in str(caught.value) and "osnet_x0_25_msmt17" in str(caught.value)


def test_a_start_is_no_network():
    with pytest.raises(InputError) as caught:
        find_network("resnet50_imagenet")
    assert "initial_weights=resnet50_imagenet" in str(caught.value)


def test_the_cache_is_the_platforms_unless_it_is_told(monkeypatch, tmp_path):
    weights = WEIGHTS["resnet50_imagenet"]
    monkeypatch.setenv("TFREID_CACHE", str(tmp_path))
    assert find_place("a", weights) == str(tmp_path / "weights" / "a.pth")
    monkeypatch.delenv("TFREID_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert find_place("a", weights) == str(tmp_path / "xdg" / "tfreid" / "weights" / "a.pth")
