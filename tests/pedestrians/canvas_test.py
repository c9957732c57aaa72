"""The renderer of tubes."""

import dataclasses

import numpy as np
import pytest

from tfreid.pedestrians.canvas import Canvas
from tfreid.pedestrians.fabric import paint_plain
from tfreid.pedestrians.tubes import Light, Tube, View

VIEW = View(yaw=0.0, pitch=0.0, scale=100.0, foot_x=30.0, foot_y=110.0, near=0.0)
EVEN = Light((0.0, 0.0, 1.0), 1.0, 0.0)  # brightness 1 but for the rim
STRAIGHT = Tube((0, 0.8, 0), (0, 0.3, 0), ((0, 0.1), (1, 0.1)), paint_plain((1, 1, 1)))


def _draw(*tubes, view=VIEW, light=EVEN):
    canvas = Canvas(120, 60)
    for tube in tubes:
        canvas.draw(tube, view, light)
    return canvas


def _find_box(canvas):
    """Returns (top, bottom, left, right) of what is drawn, bottom and right excluded."""
    rows, columns = np.nonzero(np.isfinite(canvas.depth))
    return rows.min(), rows.max() + 1, columns.min(), columns.max() + 1


def _replace(**values):
    return dataclasses.replace(STRAIGHT, **values)


def test_a_straight_tube_is_a_rectangle():
    """0.8 to 0.3 of 100 pixels above row 110, 10 pixels to each side of column 30."""
    canvas = _draw(STRAIGHT)
    assert _find_box(canvas) == (30, 80, 20, 40)
    assert np.isfinite(canvas.depth).sum() == 50 * 20


def test_rounded_ends_are_half_circles():
    """A radius of 10 pixels adds 10 rows above and below, and pi r^2 pixels together."""
    canvas = _draw(_replace(rounded=True))
    assert _find_box(canvas) == (20, 90, 20, 40)
    assert np.isfinite(canvas.depth).sum() == pytest.approx(1000 + np.pi * 100, rel=0.03)


def test_the_profile_is_the_half_width_along_the_tube():
    """From 0 to 0.2: a triangle, 40 pixels wide below, of 50 * 40 / 2 pixels."""
    canvas = _draw(_replace(profile=((0, 0.0), (1, 0.2))))
    assert np.isfinite(canvas.depth).sum() == pytest.approx(1000, rel=0.03)
    assert np.isfinite(canvas.depth[79]).sum() in (38, 40)


def test_an_elliptic_tube_is_narrow_from_its_flat_side():
    """Half-depth 0.4 of half-width: 20 pixels from ahead, 8 from the side."""
    flat = _replace(flatness=0.4)
    side = dataclasses.replace(VIEW, yaw=np.pi / 2)
    assert np.isfinite(_draw(flat).depth[50]).sum() == 20
    assert np.isfinite(_draw(flat, view=side).depth[50]).sum() == 8


def test_the_front_surface_lies_half_a_depth_before_the_axis():
    canvas = _draw(_replace(flatness=0.4))
    assert canvas.depth[50, 30] == pytest.approx(0.04, abs=1e-3)
    assert canvas.depth[50, 20] < 0.02


@pytest.mark.parametrize("order", [1, -1])
def test_what_is_nearer_hides_what_is_behind_in_either_order(order):
    near = _replace(start=(0, 0.8, 0.3), end=(0, 0.3, 0.3), paint=paint_plain((1, 0, 0)))
    canvas = _draw(*[STRAIGHT, near][::order])
    np.testing.assert_allclose(canvas.color[50, 30], (1, 0, 0), atol=1e-6)


@pytest.mark.parametrize(
    "yaw, seen", [(0.0, 0.0), (np.pi / 2, np.pi / 2), (np.pi, np.pi), (-np.pi / 2, -np.pi / 2)]
)
def test_the_angle_names_the_side_that_is_turned_to_the_camera(yaw, seen):
    """Facing the camera: 0, ahead. Turned to the right of the picture, the right side is near."""
    angles = []

    def note(angle, along):
        angles.append(angle)
        return np.ones((angle.size, 3), np.float32)

    _draw(_replace(paint=note), view=dataclasses.replace(VIEW, yaw=yaw))
    middle = angles[0][len(angles[0]) // 2 - 10]
    difference = (middle - seen + np.pi) % (2 * np.pi) - np.pi
    assert abs(difference) < 0.12


def test_the_place_along_runs_from_start_to_end():
    canvas = _draw(_replace(paint=lambda angle, along: np.repeat(along[:, None], 3, 1)))
    np.testing.assert_allclose(canvas.color[30:80, 30, 0], (np.arange(50) + 0.5) / 50, atol=0.01)


def test_holes_show_what_is_behind():
    ring = _replace(start=(0, 0.8, 0.3), end=(0, 0.3, 0.3), keep=lambda angle, along: along > 0.5)
    canvas = _draw(ring, _replace(paint=paint_plain((0, 1, 0))))
    np.testing.assert_allclose(canvas.color[40, 30], (0, 1, 0), atol=1e-6)
    np.testing.assert_allclose(canvas.color[70, 30], (1, 1, 1), atol=1e-6)


def test_light_from_the_right_brightens_the_right():
    canvas = _draw(STRAIGHT, light=Light((1.0, 0.0, 0.0), 0.2, 0.8))
    assert canvas.color[50, 37, 0] > 2 * canvas.color[50, 23, 0]


def test_light_from_above_brightens_what_widens_downward():
    cone, funnel = (_replace(profile=((0, a), (1, b))) for a, b in ((0.02, 0.2), (0.2, 0.02)))
    above = Light((0.0, 1.0, 0.0), 0.0, 1.0)
    lit, dark = (_draw(tube, light=above).color[55, 30, 0] for tube in (cone, funnel))
    assert lit > 0.2
    assert dark == 0


def test_a_hem_seen_from_above_is_a_curve():
    """The near side of an open tube is lower by half-depth * sin(pitch): 10 sin(0.5) pixels."""
    canvas = _draw(STRAIGHT, view=dataclasses.replace(VIEW, pitch=0.5))
    bottom = [np.flatnonzero(np.isfinite(canvas.depth[:, x])).max() for x in (20, 30)]
    assert bottom[1] - bottom[0] == pytest.approx(10 * np.sin(0.5), abs=2)


def test_what_lies_outside_the_picture_leaves_it_as_it_is():
    canvas = _draw(_replace(start=(3, 0.8, 0), end=(3, 0.3, 0)))
    assert not np.isfinite(canvas.depth).any()


def test_an_axis_towards_the_camera_is_a_disc():
    """A foot from ahead: its length is hidden, its radius of 10 pixels is not."""
    foot = Tube((0, 0.5, -0.1), (0, 0.5, 0.1), ((0, 0.1), (1, 0.1)), paint_plain((1, 1, 1)),
                rounded=True)  # fmt: skip
    assert np.isfinite(_draw(foot).depth).sum() == pytest.approx(np.pi * 100, rel=0.05)
