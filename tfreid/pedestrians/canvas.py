"""A small renderer of tapered tubes with a depth buffer.

Every visible pixel knows its place on a tube's surface, as an angle around the axis and a fraction
along it, so patterns bend around the body and turn with it.
"""

import dataclasses
import functools

import numpy as np

_TABLE = 256  # samples of a radius profile
_LEAST_LENGTH = 1e-3  # pixels: an axis that points at the camera has no direction


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
        axis = _project_axis(tube, view)
        window = _find_window(axis, tube, self.depth.shape)
        if window is None:
            return
        outline = _make_outline(tube, view)
        places, surface = _meet(axis, window, outline, tube, view)
        color, depth = self.color[window], self.depth[window]
        seen = surface.depth > depth[places]
        angle = _find_angle(surface.across, outline.turn)
        if tube.keep is not None:
            seen &= tube.keep(angle, surface.along)
        places = tuple(place[seen] for place in places)
        shade = _shade(surface, axis, light)[seen]
        color[places] = tube.paint(angle[seen], surface.along[seen]) * shade[:, None]
        depth[places] = surface.depth[seen]


@dataclasses.dataclass(frozen=True)
class _Axis:
    start: tuple  # projected: x, y, depth, scale
    end: tuple
    length: float  # pixels
    unit: tuple  # (x, y) along the axis, y down
    scale: np.float32  # pixels per body height at its middle


@dataclasses.dataclass(frozen=True)
class _Outline:
    radius: np.ndarray  # float32[_TABLE], body heights, as seen from the camera
    slope: np.ndarray  # its derivative along the axis's fraction
    turn: float  # angle of the surface point that faces the camera
    depth: float  # half-depth over half-width as seen from the camera


@dataclasses.dataclass(frozen=True)
class _Surface:
    """Points where lines of sight meet a tube, as columns float32[n]."""

    depth: np.ndarray  # body heights towards the camera
    along: np.ndarray  # fraction of the axis
    across: np.ndarray  # -1..1 over the outline
    facing: np.ndarray  # 1 in the middle, 0 at the outline
    lengthwise: np.ndarray  # the normal's part along the axis


def _project_axis(tube, view):
    start, end = view.project(tube.start), view.project(tube.end)
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = float(np.hypot(dx, dy))
    unit = (dx / length, dy / length) if length > _LEAST_LENGTH else (0.0, 1.0)
    # float32, as all that pixels are computed with: NumPy 2 would widen them to a float64's.
    scale = np.float32((start[3] + end[3]) / 2)
    return _Axis(start, end, max(length, _LEAST_LENGTH), unit, scale)


def _find_window(axis, tube, shape):
    """Returns (rows, columns), slices of the pixels that a tube may touch, or None for none."""
    reach = max(radius for _, radius in tube.profile) * max(1.0, tube.flatness)
    margin = reach * max(axis.start[3], axis.end[3]) + 1
    window = []
    for place, size in ((1, shape[0]), (0, shape[1])):
        low, high = sorted((axis.start[place], axis.end[place]))
        window.append(slice(max(int(low - margin), 0), min(int(high + margin) + 1, size)))
        if window[-1].start >= window[-1].stop:
            return None
    return tuple(window)


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


def _meet(axis, window, outline, tube, view):
    """Returns ((rows, columns) within the window, `_Surface`) of the pixels on the tube."""
    rows, columns = window
    x = np.arange(columns.start, columns.stop, dtype=np.float32)[None, :]
    y = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None]
    x, y = x + np.float32(0.5 - axis.start[0]), y + np.float32(0.5 - axis.start[1])
    fraction = (x * np.float32(axis.unit[0]) + y * np.float32(axis.unit[1])) / axis.length
    across = x * np.float32(axis.unit[1]) - y * np.float32(axis.unit[0])
    along = np.clip(fraction, 0, 1)
    row = (along * (_TABLE - 1)).astype(np.int32)
    radius = np.maximum(outline.radius * axis.scale, np.float32(1e-4))[row]
    beyond = (fraction - along) * (np.float32(axis.length) / radius)
    across = across / radius
    out = across * across + beyond * beyond if tube.rounded else across * across
    inside = out <= 1
    places = np.nonzero(inside)
    along, across, beyond, row = along[inside], across[inside], beyond[inside], row[inside]
    facing = np.sqrt(1 - out[inside])
    bulge = facing * outline.radius[row] * np.float32(outline.depth)
    depth = axis.start[2] + along * np.float32(axis.end[2] - axis.start[2]) + bulge
    slope = np.clip(outline.slope[row] * np.float32(axis.scale / axis.length), -2, 2)
    if tube.rounded:
        return places, _Surface(depth, along, across, facing, beyond - slope)
    # A camera from above sees the near side of a cut tube lower than its axis.
    lower = bulge * np.float32(np.sin(view.pitch) * axis.scale / axis.length)
    along = fraction[inside] - lower * _taper(along, outline.radius)
    kept = (along >= 0) & (along <= 1)
    columns = (depth, along, across, facing, -slope)
    return tuple(p[kept] for p in places), _Surface(*(column[kept] for column in columns))


def _find_angle(across, turn):
    """Returns the angle around the tube's axis at which a line of sight meets it."""
    angle = np.float32(turn) - np.arcsin(np.clip(across, -1, 1))
    return (angle + np.float32(np.pi)) % np.float32(2 * np.pi) - np.float32(np.pi)


def _taper(along, radius):
    """Returns 0 to 1: an end that narrows is closed and does not show the rim of a cut."""
    share = 1.0
    if radius[0] < 0.6 * radius.max():
        share = np.minimum(along * 3, 1)
    if radius[-1] < 0.6 * radius.max():
        share = share * np.minimum((1 - along) * 3, 1)
    return share


def _shade(surface, axis, light):
    """Returns brightness float32[n] (Lambert, with a soft rim)."""
    across, facing, lengthwise = surface.across, surface.facing, surface.lengthwise
    norm = 1 / np.sqrt(across * across + facing * facing + lengthwise * lengthwise + 1e-6)
    direction = np.asarray(light.direction) / np.linalg.norm(light.direction)
    x, y = axis.unit[0], -axis.unit[1]  # along the axis, y up
    sideways = np.float32(direction @ (-y, x, 0))
    ahead = np.float32(direction @ (x, y, 0))
    toward = np.float32(direction[2])
    lit = (across * sideways + lengthwise * ahead + facing * toward) * norm
    rim = np.float32(0.75) + np.float32(0.25) * np.minimum(facing * 2, 1)
    return (np.float32(light.ambient) + np.float32(light.diffuse) * np.maximum(lit, 0)) * rim
