"""Tapered tubes, of which all pedestrians and things consist; and how one looks at them."""

import dataclasses
from collections.abc import Callable

import numpy as np


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
    keep: Callable | None = None
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
