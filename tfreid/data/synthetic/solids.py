"""A small renderer of tapered tubes with a depth buffer: all that a pedestrian is made of.

A tube has an axis, a radius that varies along it and an elliptic cross-section. Every visible
pixel knows its place on the surface, as an angle around the axis and a fraction along it, so
patterns bend around the body and turn with it.
"""

import dataclasses
import functools
from typing import Callable, Optional

import numpy as np

_TABLE = 256  # samples of a radius profile


@dataclasses.dataclass(frozen=True)
class Tube:
    """One body part, garment or thing.

    Attributes:
      start: its upper end, (x, y, z) in body coordinates: x to the person's left, y up, z ahead;
        unit: the body's height.
      end: its lower end.
      profile: ((fraction along the axis, radius), ...); the radius is the half-width sideways.
      paint: function of (angle, along), both float32[n], that returns albedo float32[n, 3]. The
        angle is 0 ahead, positive to the person's right, within -pi..pi.
      flatness: half-depth over half-width of the cross-section.
      keep: function of (angle, along) that returns bool[n], where there is surface; None: all over.
      rounded: whether the ends are half-spheres; otherwise they are cut straight.
    """

    start: tuple
    end: tuple
    profile: tuple
    paint: Callable
    flatness: float = 1.0
    keep: Optional[Callable] = None
    rounded: bool = False


@dataclasses.dataclass(frozen=True)
class View:
    """How a body stands before the camera.

    Attributes:
      yaw: radians that the body is turned: 0 faces the camera, pi shows the back, positive to the
        right of the picture.
      pitch: radians that the camera looks down.
      scale: pixels per body height.
      foot_x, foot_y: pixel where the body stands.
      near: perspective: parts nearer by one body height appear larger by this share.
      depth: distance added to everything, in body heights: what is larger stands in front.
    """

    yaw: float
    pitch: float
    scale: float
    foot_x: float
    foot_y: float
    near: float = 0.1
    depth: float = 0.0

    def project(self, point):
        """Returns (x, y, depth, scale) of a body point: pixels, body heights, pixels per height."""
        x, y, z = point
        side = x * np.cos(self.yaw) + z * np.sin(self.yaw)
        ahead = z * np.cos(self.yaw) - x * np.sin(self.yaw)
        up = y * np.cos(self.pitch) - ahead * np.sin(self.pitch)
        closer = y * np.sin(self.pitch) + ahead * np.cos(self.pitch)
        scale = self.scale * (1 + self.near * closer)
        return (
            self.foot_x + side * scale,
            self.foot_y - up * scale,
            closer + self.depth,
            scale,
        )


@dataclasses.dataclass(frozen=True)
class Light:
    """Where light comes from, in the picture's axes (x right, y up, z to the camera)."""

    direction: tuple = (0.4, 0.6, 0.7)
    ambient: float = 0.55
    diffuse: float = 0.6


class Canvas:
    """A picture under construction.

    Attributes:
      color: float32[height, width, 3], 0..1 (highlights may exceed 1).
      depth: float32[height, width], -inf where nothing is drawn yet.
    """

    def __init__(self, height, width):
        self.color = np.zeros((height, width, 3), np.float32)
        self.depth = np.full((height, width), -np.inf, np.float32)

    def draw(self, tube, view, light):
        """Draws a tube where nothing nearer is drawn."""
        patch = _place(tube, view, self.depth.shape)
        if patch is None:
            return
        rows, columns, along, across, beyond, axis = patch
        outline = _make_outline(tube, view)
        surface = _find_surface(along, across, beyond, axis, outline, view, tube.rounded)
        hit = surface.inside & (surface.depth > self.depth[rows, columns])
        angle = _find_angle(surface.across[hit], outline.turn)
        fraction = surface.along[hit]
        if tube.keep is not None:
            kept = tube.keep(angle, fraction)
            hit[hit] = kept
            angle, fraction = angle[kept], fraction[kept]
        if not angle.size:
            return
        shade = _shade(surface, hit, axis, light)
        self.color[rows, columns][hit] = tube.paint(angle, fraction) * shade[:, None]
        self.depth[rows, columns][hit] = surface.depth[hit]


@dataclasses.dataclass(frozen=True)
class _Axis:
    start: tuple  # projected: x, y, depth, scale
    end: tuple
    length: float  # pixels
    unit: tuple  # (x, y) along the axis, y down


@dataclasses.dataclass(frozen=True)
class _Outline:
    radius: np.ndarray  # float32[_TABLE], body heights, as seen from the camera
    slope: np.ndarray  # its derivative along the axis's fraction
    turn: float  # angle of the surface point that faces the camera
    depth: float  # half-depth over half-width as seen from the camera


@dataclasses.dataclass(frozen=True)
class _Surface:
    inside: np.ndarray
    depth: np.ndarray
    along: np.ndarray
    across: np.ndarray
    facing: np.ndarray
    cap: np.ndarray
    slope: np.ndarray


def _place(tube, view, shape):
    """Returns the pixels that a tube may touch and their coordinates along and across its axis."""
    start, end = view.project(tube.start), view.project(tube.end)
    reach = (
        max(radius for _, radius in tube.profile) * max(1.0, tube.flatness) * max(start[3], end[3])
    )
    margin = reach + 1
    rows = _clip(min(start[1], end[1]) - margin, max(start[1], end[1]) + margin, shape[0])
    columns = _clip(min(start[0], end[0]) - margin, max(start[0], end[0]) + margin, shape[1])
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return None
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = max(float(np.hypot(dx, dy)), 1e-3)
    unit = (dx / length, dy / length)
    x = np.arange(columns.start, columns.stop, dtype=np.float32)[None, :] + np.float32(
        0.5 - start[0]
    )
    y = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] + np.float32(0.5 - start[1])
    distance = x * np.float32(unit[0]) + y * np.float32(unit[1])
    across = x * np.float32(unit[1]) - y * np.float32(unit[0])
    fraction = distance / np.float32(length)
    along = np.clip(fraction, 0, 1)
    beyond = (fraction - along) * np.float32(length)
    return rows, columns, along, across, beyond, _Axis(start, end, length, unit)


def _clip(low, high, size):
    return slice(max(int(low), 0), min(int(np.ceil(high)), size))


def _make_outline(tube, view):
    """Returns the outline that an elliptic tube shows when it is turned by the view's yaw."""
    radius, slope = _tabulate(tube.profile)
    wide, deep = np.cos(view.yaw), tube.flatness * np.sin(view.yaw)
    seen = float(np.hypot(wide, deep))
    depth = float(np.hypot(np.sin(view.yaw), tube.flatness * np.cos(view.yaw))) / seen
    return _Outline(radius * np.float32(seen), slope, float(np.arctan2(deep, wide)), depth)


@functools.lru_cache(maxsize=512)
def _tabulate(profile):
    """Returns a profile's radius and its slope at _TABLE places."""
    places, radii = np.asarray(profile, np.float32).T
    radius = np.interp(np.linspace(0, 1, _TABLE), places, radii).astype(np.float32)
    return radius, np.gradient(radius, np.float32(1 / (_TABLE - 1)))


def _find_angle(across, turn):
    """Returns the angle around the tube's axis at which a line of sight meets it."""
    angle = np.float32(turn) - np.arcsin(np.clip(across, -1, 1))
    return (angle + np.float32(np.pi)) % np.float32(2 * np.pi) - np.float32(np.pi)


def _find_surface(along, across, beyond, axis, outline, view, rounded):
    """Returns where the pixels' lines of sight meet the tube."""
    scale = np.float32((axis.start[3] + axis.end[3]) / 2)
    row = (along * (_TABLE - 1)).astype(np.int32)
    radius = np.maximum(outline.radius[row] * scale, np.float32(1e-4))
    s, cap = across / radius, beyond / radius
    out = s * s + cap * cap
    inside = out <= 1 if rounded else (s * s <= 1) & (np.abs(beyond) <= radius * 0.6)
    facing = np.sqrt(np.maximum(1 - out, 0))
    depth = axis.start[2] + along * np.float32(axis.end[2] - axis.start[2])
    depth = depth + facing * radius * np.float32(outline.depth / scale)
    if not rounded:
        bulge = facing * radius * np.float32(outline.depth * np.sin(view.pitch) / axis.length)
        place = along + beyond / np.float32(axis.length) - bulge * _taper(along, outline.radius)
        inside &= (place >= 0) & (place <= 1)
        along = np.clip(place, 0, 1)
    slope = outline.slope[row] * np.float32(scale / axis.length)
    return _Surface(inside, depth, along, s, facing, cap if rounded else cap * 0, slope)


def _taper(along, radius):
    """Returns 0 to 1: an end that narrows is closed and does not show the rim of a cut."""
    share = 1.0
    if radius[0] < 0.6 * radius.max():
        share = np.minimum(along * 3, 1)
    if radius[-1] < 0.6 * radius.max():
        share = share * np.minimum((1 - along) * 3, 1)
    return share


def _shade(surface, hit, axis, light):
    """Returns brightness float32[n] of the pixels that are hit (Lambert, with a soft rim)."""
    s, facing = surface.across[hit], surface.facing[hit]
    lengthwise = surface.cap[hit] - np.clip(surface.slope[hit], -2, 2)
    norm = 1 / np.sqrt(s * s + facing * facing + lengthwise * lengthwise + 1e-6)
    nx = (s * np.float32(axis.unit[1]) + lengthwise * np.float32(axis.unit[0])) * norm
    ny = (s * np.float32(axis.unit[0]) - lengthwise * np.float32(axis.unit[1])) * norm
    direction = np.asarray(light.direction, np.float32)
    direction = direction / np.linalg.norm(direction)
    lit = nx * direction[0] + ny * direction[1] + facing * norm * direction[2]
    rim = np.float32(0.75) + np.float32(0.25) * np.minimum(facing * 2, 1)
    return (light.ambient + light.diffuse * np.maximum(lit, 0)).astype(np.float32) * rim
