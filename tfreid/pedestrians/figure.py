"""A whole person on a canvas: clothes and bag, and here the head, its hair and the hands."""

import dataclasses

import numpy as np

from tfreid.pedestrians.appearance import COLORS, HAIR_COLORS, SKINS
from tfreid.pedestrians.bags import CARRYING_HAND, make_bag
from tfreid.pedestrians.clothes import make_lower_wear, make_upper_wear
from tfreid.pedestrians.fabric import paint_folds, paint_plain, paint_where
from tfreid.pedestrians.pose import make_pose
from tfreid.pedestrians.tubes import Tube

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


_CROWN, _CHIN = 0.995, 0.862
_ROUND = tuple(
    (float(t), float(np.sqrt(max(1 - (2 * t - 1) ** 2, 0)))) for t in np.linspace(0, 1, 17)
)


def make_ball(center, radius, paint, flatness=1.0):
    """Returns a ball (or, flattened, a lens) as a tube."""
    x, y, z = center
    reach = radius * 0.02
    ends = ((0.0, radius), (1.0, radius))
    return Tube((x, y + reach, z), (x, y - reach, z), ends, paint, flatness, rounded=True)


def make_head(person, pose):
    """Returns the tubes of neck, face, hair and hat."""
    skin = np.asarray(SKINS[person.skin], np.float32)
    neck = Tube(
        pose.place(0, 0.885, 0.004),
        pose.place(0, 0.81, -0.008),
        ((0, 0.027), (1, 0.032)),
        paint_plain(skin * 0.92),
    )
    profile = tuple((t, 0.047 * r * (1 - 0.12 * max(t - 0.5, 0))) for t, r in _ROUND)
    ahead = pose.place(0, _CROWN, 0.008), pose.place(0, _CHIN, 0.012)
    face = Tube(*ahead, profile, _paint_face(skin), flatness=1.2)
    return [neck, face, *_make_hair(person, pose), *_make_hat(person, pose)]


def make_hands(person, pose):
    """Returns the tubes of both hands."""
    skin = paint_plain(SKINS[person.skin])
    profile = ((0, 0.016), (0.5, 0.019), (1, 0.011))
    return [Tube(arm.end, arm.tip, profile, skin, 0.8, rounded=True) for arm in pose.arms]


def _paint_face(skin):
    def paint(angle, along):
        color = np.repeat(skin[None, :], angle.size, 0)
        side = np.abs(angle)
        eye = ((side - 0.4) / 0.17) ** 2 + ((along - 0.5) / 0.035) ** 2 < 1
        brow = ((side - 0.42) / 0.28) ** 2 + ((along - 0.41) / 0.022) ** 2 < 1
        mouth = (side / 0.28) ** 2 + ((along - 0.78) / 0.02) ** 2 < 1
        nose = (side / 0.1) ** 2 + ((along - 0.62) / 0.05) ** 2 < 1
        color[brow] *= 0.5
        color[eye] *= 0.25
        color[mouth] *= np.float32((0.75, 0.5, 0.5))
        color[nose] *= 0.88
        return color

    return paint


def _make_hair(person, pose):
    if person.hair_style == "bald":
        return []
    color = np.asarray(HAIR_COLORS[person.hair_color], np.float32)
    paint = paint_folds(paint_plain(color), 0.15, 3)
    profile = tuple((t, 0.054 * r) for t, r in _ROUND)
    top = (pose.place(0, _CROWN + 0.012, 0.0), pose.place(0, _CHIN + 0.005, 0.002))
    cap = Tube(*top, profile, paint, 1.22, keep=_keep_hairline(0.85))
    style = "low_bun" if person.hair_style == "bun" and person.hat != "none" else person.hair_style
    return [cap, *_make_hair_length(style, pose, paint)]


def _make_hair_length(style, pose, paint):
    """Returns what hangs or stands out: bob, long hair, ponytail, bun."""
    if style == "low_bun":  # under a hat
        return [make_ball(pose.place(0, 0.9, -0.068), 0.034, paint)]
    if style == "bun":
        return [make_ball(pose.place(0, 1.005, -0.045), 0.034, paint)]
    if style == "ponytail":
        start, end = pose.place(0, 0.965, -0.062), pose.place(0, 0.76, -0.105)
        return [Tube(start, end, ((0, 0.018), (0.3, 0.03), (1, 0.012)), paint, rounded=True)]
    if style in ("bob", "long"):
        end = 0.845 if style == "bob" else 0.69
        profile = ((0, 0.05), (0.25, 0.062), (0.8, 0.068), (1, 0.06))
        start, end = pose.place(0, 0.955, -0.012), pose.place(0, end, -0.026)
        return [Tube(start, end, profile, paint, 1.05, keep=lambda a, t: np.abs(a) > 1.0)]
    return []


def _keep_hairline(reach):
    """Returns where short hair grows: high over the face, low at the back."""

    def keep(angle, along):
        back = (1 - np.cos(angle)) / 2
        return along < 0.24 + (reach - 0.24) * back**0.6

    return keep


def _make_hat(person, pose):
    if person.hat == "none":
        return []
    color = np.asarray(COLORS[person.outfit.hat], np.float32)
    dark = paint_plain(color * 0.75)
    band = paint_where(lambda angle, along: along > 0.34, dark, paint_plain(color))
    profile = tuple((t, 0.061 * r) for t, r in _ROUND)
    top, bottom = pose.place(0, _CROWN + 0.022, 0.0), pose.place(0, _CHIN + 0.012, 0.0)
    crown = Tube(top, bottom, profile, band, 1.2, keep=lambda angle, along: along < 0.44)
    if person.hat == "cap":
        ends = pose.place(0, 0.957, 0.045), pose.place(0, 0.949, 0.098)
        visor = Tube(*ends, ((0, 0.04), (1, 0.036)), dark, 0.3, rounded=True)
        return [crown, visor]
    if person.hat == "brim":
        ends = pose.place(0, 0.957, 0), pose.place(0, 0.944, 0)
        return [crown, Tube(*ends, ((0, 0.095), (1, 0.105)), dark, 1.05)]
    return [crown, make_ball(pose.place(0, 1.024, -0.004), 0.02, dark)]
