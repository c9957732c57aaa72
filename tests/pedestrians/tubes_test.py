"""Views: how body coordinates become pixels."""

import numpy as np
import pytest

from tfreid.pedestrians.tubes import View

FLAT = {"pitch": 0.0, "scale": 100.0, "foot_x": 30.0, "foot_y": 120.0, "near": 0.0}


def test_someone_who_faces_the_camera_has_the_left_hand_at_the_right():
    x, y, depth, scale = View(yaw=0.0, **FLAT).project((0.2, 0.5, 0.1))
    assert (x, y, depth, scale) == pytest.approx((50, 70, 0.1, 100))


def test_someone_who_shows_the_back_has_the_left_hand_at_the_left():
    x, y, depth, _ = View(yaw=np.pi, **FLAT).project((0.2, 0.5, 0.1))
    assert (x, y, depth) == pytest.approx((10, 70, -0.1))


def test_a_positive_turn_walks_to_the_right():
    """At 90 degrees, 0.1 ahead is 10 pixels to the right; the left hand is on the far side."""
    x, _, depth, _ = View(yaw=np.pi / 2, **FLAT).project((0.2, 0.5, 0.1))
    assert (x, depth) == pytest.approx((40, -0.2))


def test_a_camera_from_above_sees_heights_shortened_and_near_things_lower():
    view = View(yaw=0.0, **{**FLAT, "pitch": 0.5})
    head, toe = view.project((0, 1, 0)), view.project((0, 0, 0.2))
    assert head[1] == pytest.approx(120 - 100 * np.cos(0.5))
    assert toe[1] == pytest.approx(120 + 20 * np.sin(0.5))


def test_what_is_nearer_is_larger():
    view = View(yaw=0.0, **{**FLAT, "near": 0.5})
    assert view.project((0, 0, 0.2))[3] == pytest.approx(110)


def test_depth_moves_a_whole_body_to_the_front():
    assert View(yaw=0.0, depth=2.0, **FLAT).project((0, 0, 0.25))[2] == pytest.approx(2.25)
