"""Cloth and skin: paints, functions of a surface's (angle, along) that return albedo."""

import numpy as np

from tfreid.pedestrians.tubes import Tube


def paint_plain(color):
    """Returns a paint of one color."""
    value = np.asarray(color, np.float32)
    return lambda angle, along: np.broadcast_to(value, (angle.size, 3))


def paint_where(chosen, first, second):
    """Returns a paint that is `first` where `chosen(angle, along)` holds, else `second`."""

    def paint(angle, along):
        mask = chosen(angle, along)
        return np.where(mask[:, None], first(angle, along), second(angle, along))

    return paint


def paint_folds(paint, depth, seed):
    """Returns the paint with soft folds of cloth: darker and lighter by up to `depth`."""
    first, second, third = np.random.default_rng(seed).uniform(0, 2 * np.pi, 3).astype(np.float32)

    def folded(angle, along):
        wave = np.sin(3 * angle + 9 * along + first) * np.sin(17 * along + second)
        wave = wave + 0.6 * np.sin(7 * angle - 4 * along + third)
        return paint(angle, along) * (1 + np.float32(depth / 1.6) * wave)[:, None]

    return folded


def paint_pattern(pattern, color, accent, length):
    """Returns the paint of a garment.

    Args:
      pattern: one of `appearance.UPPER_PATTERNS` or `LOWER_PATTERNS`.
      color: main color, RGB in 0..1.
      accent: the pattern's color.
      length: length of the painted tube in body heights, so that patterns keep their size.
    """
    plain = paint_plain(color)
    if pattern == "plain":
        return plain
    if pattern not in _PATTERNS:
        raise ValueError(f"pattern={pattern!r}: allowed are plain, {', '.join(_PATTERNS)}.")
    chosen = _PATTERNS[pattern]
    return paint_where(
        lambda angle, along: chosen(angle, along * np.float32(length), along),
        paint_plain(accent),
        plain,
    )


def _lay_dots(angle, drop):
    row = np.floor(drop / 0.06)
    x = (angle / (np.pi / 3.5) + 0.5 * (row % 2)) % 1 - 0.5
    y = (drop / 0.06) % 1 - 0.5
    return x * x + y * y < 0.11


def _lay_emblem(angle, drop):
    side = np.minimum(np.abs(angle), np.pi - np.abs(angle))
    return (side / 0.75) ** 2 + ((drop - 0.15) / 0.065) ** 2 < 1


# Each: (angle, height below the tube's start in body heights, fraction along the tube) -> bool.
_PATTERNS = {
    "stripes": lambda angle, drop, along: drop % 0.08 < 0.036,
    "bars": lambda angle, drop, along: angle % (np.pi / 4) < np.pi / 9,
    "checks": lambda angle, drop, along: (drop % 0.1 < 0.05) ^ (angle % (np.pi / 2.5) < np.pi / 5),
    "dots": lambda angle, drop, along: _lay_dots(angle, drop),
    "emblem": lambda angle, drop, along: _lay_emblem(angle, drop),
    "halves": lambda angle, drop, along: along > 0.55,
    "yoke": lambda angle, drop, along: drop < 0.115,
    "sash": lambda angle, drop, along: np.abs(drop - 0.17 - 0.11 * np.sin(angle)) < 0.035,
    "side_stripe": lambda angle, drop, along: np.abs(np.abs(angle) - np.pi / 2) < 0.45,
    "hem": lambda angle, drop, along: along > 0.7,
}


def cover_segment(start, end, profile, wide, reach, loose, cloth, skin):
    """Returns a limb segment of which the share `reach` from its start is covered by cloth."""
    if reach <= 0:
        paint, profile = skin, tuple((t, r * wide) for t, r in profile)
    elif reach >= 1:
        paint, profile = cloth, tuple((t, r * wide * loose) for t, r in profile)
    else:
        paint = paint_where(lambda angle, along: along < reach, cloth, skin)
        places, radii = zip(*profile)
        steps = sorted({*places, reach - 0.01, reach + 0.01})
        profile = tuple(
            (t, float(np.interp(t, places, radii)) * wide * (loose if t < reach else 1))
            for t in steps
        )
    return Tube(start, end, profile, paint, rounded=True)
