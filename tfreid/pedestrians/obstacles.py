"""What stands between a camera and a person, or walks through the picture."""

import dataclasses

import numpy as np

from tfreid.pedestrians.appearance import draw_appearance
from tfreid.pedestrians.fabric import paint_plain
from tfreid.pedestrians.figure import draw_figure
from tfreid.pedestrians.pose import Gait
from tfreid.pedestrians.tubes import Tube


def add_obstacle(canvas, view, light, rng):
    """Draws a pole, a bin or a passer-by beside or before a person.

    Args:
      canvas: a `Canvas` of the person's picture.
      view: the person's `View`.
      light: a `Light`.
      rng: a numpy Generator, which chooses what and where.
    """
    kind, side = rng.integers(3), rng.choice([-1, 1])
    x = view.foot_x + side * rng.uniform(0.2, 0.5) * canvas.depth.shape[1]
    if kind == 2:
        _add_passer(canvas, view, x + side * 0.1 * view.scale, light, rng)
        return
    foot = view.foot_y + 0.06 * view.scale
    there = dataclasses.replace(view, foot_x=x, foot_y=foot, depth=1.0)
    paint = paint_plain(np.full(3, rng.uniform(0.25, 0.6)))
    canvas.draw(_make_pole(paint) if kind == 0 else _make_bin(paint), there, light)


def _add_passer(canvas, view, x, light, rng):
    """Draws someone who walks any way, in front of the person or behind."""
    stranger, gait = draw_appearance(rng), Gait(rng.uniform(0, 2 * np.pi))
    nearer = rng.choice([-1.0, 1.0])
    there = dataclasses.replace(
        view,
        yaw=rng.uniform(-np.pi, np.pi),
        foot_x=x,
        foot_y=view.foot_y + 0.02 * nearer * view.scale,
        depth=nearer,
    )
    draw_figure(canvas, stranger, gait, there, light)


def _make_pole(paint):
    return Tube((0, 1.6, 0), (0, 0, 0), ((0, 0.022), (1, 0.025)), paint)


def _make_bin(paint):
    return Tube((0, 0.36, 0), (0, 0, 0), ((0, 0.1), (0.12, 0.11), (1, 0.09)), paint)
