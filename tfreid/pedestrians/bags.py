"""What people carry, as tubes; and the straps, which are narrow tubes laid over the trunk."""

import numpy as np

from tfreid.pedestrians.appearance import COLORS
from tfreid.pedestrians.fabric import paint_plain, paint_where
from tfreid.pedestrians.tubes import Tube

CARRYING_HAND = {"handbag": 0, "trolley": 1}  # 0 is the left hand


def make_bag(person, pose):
    """Returns the tubes of a person's bag: none, or the bag and its straps."""
    if person.bag == "none":
        return []
    color = np.asarray(COLORS[person.outfit.bag], np.float32) * 0.92
    return _MAKERS[person.bag](person, pose, color)


def _paint_bag(color):
    """Returns the paint of a bag: flap above, pocket below, a dark seam between."""
    seam = lambda angle, along: np.abs(along - 0.42) < 0.03  # noqa: E731
    return paint_where(seam, paint_plain(color * 0.45), paint_plain(color))


def _make_box(start, end, half_width, flatness, paint):
    """Returns a bag's body: a tube with rounded ends."""
    profile = ((0, 0.55 * half_width), (0.08, 0.85 * half_width), (0.2, half_width),
               (0.85, half_width), (0.95, 0.9 * half_width), (1, 0.7 * half_width))  # fmt: skip
    return Tube(start, end, profile, paint, flatness)


def _make_backpack(person, pose, color):
    behind = -0.062 * person.girth**0.8 - 0.03
    ends = pose.place(0, 0.83, behind), pose.place(0, 0.545, behind)
    tubes = [_make_box(*ends, 0.088, 0.62, _paint_bag(color))]
    wide, deep = 0.066 * person.shoulders, 0.066 * person.girth**0.8
    for side in (1, -1):
        points = ((wide, 0.80, -0.03), (wide, 0.835, 0.0), (wide, 0.79, deep * 0.85),
                  (wide * 1.05, 0.7, deep * 1.05), (wide * 1.3, 0.62, deep * 0.6))  # fmt: skip
        tubes += _make_strap([(side * x, y, z) for x, y, z in points], pose, color * 0.8)
    return tubes


def _make_strap(points, pose, color, radius=0.0115):
    joints = [pose.place(*point) for point in points]
    profile, paint = ((0, radius), (1, radius)), paint_plain(color)
    return [Tube(a, b, profile, paint, rounded=True) for a, b in zip(joints[:-1], joints[1:])]


def _make_shoulder_bag(person, pose, color):
    wide, girth = person.shoulders, person.girth
    side = 0.098 * girth * person.hips + 0.03
    ends = pose.place(-side, 0.6, 0.0), pose.place(-side, 0.43, 0.0)
    bag = _make_box(*ends, 0.045, 1.9, _paint_bag(color))
    deep = 0.07 * girth**0.8
    ahead = [(0.06 * wide, 0.83, 0.01), (0.045, 0.77, deep), (-0.02, 0.68, deep * 1.1),
             (-side * 0.9, 0.57, deep * 0.5)]  # fmt: skip
    behind = [(x, y, -0.95 * z) for x, y, z in ahead]
    straps = _make_strap(ahead, pose, color * 0.8) + _make_strap(behind, pose, color * 0.8)
    return [bag, *straps]


def _make_handbag(person, pose, color):
    x, y, z = pose.arms[CARRYING_HAND["handbag"]].tip
    bag = _make_box((x, y - 0.05, z), (x, y - 0.2, z), 0.05, 1.7, _paint_bag(color))
    grip = paint_plain(color * 0.6)
    handles = [
        Tube((x, y, z), (x, y - 0.06, z + way), ((0, 0.008), (1, 0.008)), grip, rounded=True)
        for way in (0.05, -0.05)
    ]
    return [bag, *handles]


def _make_trolley(person, pose, color):
    x, y, z = pose.arms[CARRYING_HAND["trolley"]].tip
    out, back = x - 0.05, z - 0.13
    body = _make_box((out, 0.32, back), (out, 0.03, back - 0.02), 0.075, 0.75, _paint_bag(color))
    pole = paint_plain((0.35, 0.35, 0.37))
    handle = Tube((x, y, z), (out, 0.31, back), ((0, 0.009), (1, 0.009)), pole, rounded=True)
    wheel = paint_plain((0.1, 0.1, 0.1))
    wheels = [
        Tube((out + s, 0.03, back), (out + s, 0.022, back), ((0, 0.018), (1, 0.018)), wheel,
             rounded=True)
        for s in (0.055, -0.055)
    ]  # fmt: skip
    return [body, handle, *wheels]


_MAKERS = {
    "backpack": _make_backpack,
    "shoulder": _make_shoulder_bag,
    "handbag": _make_handbag,
    "trolley": _make_trolley,
}
