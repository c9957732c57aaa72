"""A whole person on a canvas."""

import dataclasses

from tfreid.pedestrians.bags import CARRYING_HAND, make_bag
from tfreid.pedestrians.body import make_hands, make_head
from tfreid.pedestrians.lower_wear import make_lower_wear
from tfreid.pedestrians.pose import make_pose
from tfreid.pedestrians.upper_wear import make_upper_wear

_STRIDES = {"skirt": 0.75, "long_skirt": 0.5, "coat": 0.75}  # shorter steps


def draw_figure(canvas, person, gait, view, light):
    """Draws a person into a canvas.

    Args:
      canvas: a `Canvas`.
      person: an `Appearance`.
      gait: a `Gait`.
      view: a `View` whose scale is pixels per average body height; the person's height applies.
      light: a `Light`.
    """
    view = dataclasses.replace(view, scale=view.scale * person.height)
    for tube in make_figure(person, gait):
        canvas.draw(tube, view, light)


def make_figure(person, gait):
    """Returns the tubes of a person, in body coordinates."""
    narrow = min(_STRIDES.get(cut, 1.0) for cut in (person.lower_cut, person.upper_cut))
    gait = dataclasses.replace(gait, stride=gait.stride * narrow)
    pose = make_pose(gait, person.shoulders, person.hips, CARRYING_HAND.get(person.bag))
    return [
        *make_head(person, pose),
        *make_upper_wear(person, pose),
        *make_lower_wear(person, pose),
        *make_hands(person, pose),
        *make_bag(person, pose),
    ]
