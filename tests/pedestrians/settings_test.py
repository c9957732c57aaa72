"""Settings of a synthetic data set."""

import dataclasses

import pytest

from tfreid.pedestrians import settings as settings_module
from tfreid.pedestrians.settings import SyntheticSettings

FIELDS = [field.name for field in dataclasses.fields(SyntheticSettings)]


def test_the_default_looks_like_market_1501():
    settings = SyntheticSettings()
    assert (settings.height, settings.width, settings.cameras) == (128, 64, 6)


@pytest.mark.parametrize("name", FIELDS)
def test_every_setting_changes_the_fingerprint(name):
    other = {"cameras": 5, "least_cameras": 3}.get(name, getattr(SyntheticSettings(), name) + 1)
    changed = dataclasses.replace(SyntheticSettings(), **{name: other})
    assert changed.fingerprint() != SyntheticSettings().fingerprint()


def test_another_version_of_the_drawing_has_another_fingerprint(monkeypatch):
    before = SyntheticSettings().fingerprint()
    monkeypatch.setattr(settings_module, "VERSION", settings_module.VERSION + 1)
    assert SyntheticSettings().fingerprint() != before


def test_equal_settings_have_equal_fingerprints():
    assert SyntheticSettings(seed=3).fingerprint() == SyntheticSettings(seed=3).fingerprint()


@pytest.mark.parametrize(
    "values, message",
    [
        ({"train_ids": 0}, "train_ids=0: give an integer of at least 1."),
        ({"height": 64.0}, "height=64.0: give an integer of at least 32."),
        ({"seed": True}, "seed=True: give an integer of at least 0."),
        ({"images_per_camera": 1}, "images_per_camera=1: give an integer of at least 2."),
        ({"cameras": 7}, "cameras=7: at most 6 are described."),
        ({"cameras": 3}, "least_cameras=4: there are only cameras=3."),
    ],
)
def test_impossible_settings_are_refused(values, message):
    with pytest.raises(ValueError) as caught:
        SyntheticSettings(**values)
    assert str(caught.value) == message
