"""What cameras do to colors."""

import dataclasses

import numpy as np
import pytest

from tfreid.pedestrians.cameras import CAMERAS, expose

NEUTRAL = dataclasses.replace(
    CAMERAS[0], white_balance=(1.0, 1.0, 1.0), exposure=1.0, contrast=1.0, gamma=1.0,
    saturation=1.0, noise=0.0,
)  # fmt: skip


class _Steady:
    """A generator that neither wanders nor makes noise."""

    def uniform(self, low, high, size=None):
        middle = (low + high) / 2
        return middle if size is None else np.full(size, middle)

    def standard_normal(self, shape, dtype):
        return np.ones(shape, dtype)


def _expose(value, **settings):
    picture = np.broadcast_to(np.asarray(value, np.float32), (3, 2, 3))
    return expose(picture, dataclasses.replace(NEUTRAL, **settings), _Steady())[0, 0].tolist()


@pytest.mark.parametrize(
    "settings, expected",
    [
        ({}, [51, 102, 153]),
        ({"exposure": 0.5}, [25.5, 51, 76.5]),
        ({"white_balance": (1.5, 1.0, 0.5)}, [77, 102, 77]),
        ({"contrast": 0.5}, [89, 115, 140]),  # half way to 127.5
        ({"saturation": 0.0}, [102, 102, 102]),
        ({"gamma": 2.0}, [10, 41, 92]),  # squares of 0.2, 0.4, 0.6
        ({"noise": 0.1}, [76.5, 127.5, 178.5]),  # one standard deviation, 25.5, brighter
    ],
)
def test_each_setting_does_what_its_name_says(settings, expected):
    assert _expose((0.2, 0.4, 0.6), **settings) == pytest.approx(expected, abs=1)


def test_what_is_too_bright_or_too_dark_is_cut_off():
    assert _expose((-1.0, 0.0, 2.0)) == [0, 0, 255]


def test_cameras_differ_in_everything():
    for name in ("scene", "light", "white_balance", "exposure", "contrast", "yaw"):
        assert len({getattr(camera, name) for camera in CAMERAS}) == len(CAMERAS)


def test_noise_is_as_strong_as_stated(rng):
    picture = np.full((60, 50, 3), 0.5, np.float32)
    camera = dataclasses.replace(NEUTRAL, noise=0.05)
    noise = expose(picture, camera, rng).astype(float)
    assert (noise - noise.mean((0, 1))).std() == pytest.approx(0.05 * 255, rel=0.05)
