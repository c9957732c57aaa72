"""The places that the cameras watch."""

import numpy as np
import pytest

from tfreid.pedestrians.backgrounds import SCENES, WIDTHS, draw_scene
from tfreid.pedestrians.cameras import CAMERAS


def test_every_camera_watches_a_place_of_its_own():
    assert sorted(camera.scene for camera in CAMERAS) == sorted(SCENES)


@pytest.mark.parametrize("name", sorted(SCENES))
def test_a_scene_is_wide_and_the_same_each_time(name):
    scene = draw_scene(name, 40)
    assert scene.size == (40 * WIDTHS, 40)
    assert scene.tobytes() == draw_scene(name, 40).tobytes()


@pytest.mark.parametrize("name", sorted(SCENES))
def test_a_scene_leaves_no_pixel_black_and_has_detail(name):
    pixels = np.asarray(draw_scene(name, 40), int)
    assert pixels.max(-1).min() > 25
    assert pixels.std((0, 1)).min() > 5


def test_no_two_scenes_look_alike():
    means = [np.asarray(draw_scene(name, 40), int).mean((0, 1)) for name in sorted(SCENES)]
    for i, one in enumerate(means):
        for other in means[:i]:
            assert np.abs(one - other).max() > 8


def test_another_seed_moves_the_details():
    assert draw_scene("park", 40, 1).tobytes() != draw_scene("park", 40, 2).tobytes()
