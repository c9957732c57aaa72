"""The places that the cameras watch: wide pictures, of which each photograph shows a window."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

WIDTHS = 6  # a scene is so many times as wide as high


def draw_scene(name, height, seed=0):
    """Returns a scene as an RGB `Image`, `height` pixels high and `WIDTHS` times as wide.

    Args:
      name: a key of `SCENES`.
      height: pixels.
      seed: of the details (which stone is darker, where a tree stands).
    """
    horizon, draw_back, (draw_ground, *looks) = SCENES[name]
    size = (height * WIDTHS, height)
    image = Image.new("RGB", size)
    brush = ImageDraw.Draw(image)
    # A number, not `hash`, which Python salts anew in every process.
    rng = np.random.default_rng([seed, sorted(SCENES).index(name)])
    level = int(horizon * height)
    draw_ground(brush, size, level, rng, *looks)
    draw_back(brush, size, level, rng)
    return image.filter(ImageFilter.GaussianBlur(height / 160))


def _box(brush, left, top, right, bottom, color):
    brush.rectangle([min(left, right), min(top, bottom), right, bottom], fill=color)


def _vary(color, rng, amount=12):
    """Returns a color that differs a little, brighter or darker."""
    step = int(rng.integers(-amount, amount + 1))
    return tuple(int(np.clip(part + step, 0, 255)) for part in color)


def _draw_tiles(brush, size, level, rng, color, columns, ratio):
    """Ground of tiles whose rows grow towards the camera."""
    width, height = size
    top, row, depth = float(level), 0, max((height - level) / 30, 1.5)
    while top < height:
        step = width / columns
        for column in range(-1, columns + 1):
            left = (column + 0.5 * (row % 2)) * step
            fill = _vary(color, rng, 9)
            outline = tuple(int(part * 0.88) for part in fill)
            brush.rectangle([left, top, left + step, top + depth], fill=fill, outline=outline)
        top, depth, row = top + depth, depth * ratio, row + 1


def _draw_plain(brush, size, level, rng, color, specks):
    """Ground of one color with specks."""
    width, height = size
    _box(brush, 0, level, width, height, color)
    for _ in range(specks):
        x, y = rng.uniform(0, width), rng.uniform(level, height)
        reach = height * 0.006 * (1 + 2 * (y - level) / max(height - level, 1))
        brush.ellipse([x, y, x + 3 * reach, y + reach], fill=_vary(color, rng, 22))


def _draw_facade(brush, size, level, rng, color, glass, across):
    """A building with two rows of windows and doors."""
    width, _ = size
    _box(brush, 0, 0, width, level, color)
    step = width / across
    for index in range(across):
        left = index * step
        pane = _vary(glass, rng, 18)
        _box(brush, left + 0.18 * step, 0.08 * level, left + 0.82 * step, 0.5 * level, pane)
        _box(brush, left + 0.48 * step, 0.08 * level, left + 0.52 * step, 0.5 * level, color)
        if rng.random() < 0.5:
            door = _vary((96, 70, 54), rng, 25)
            _box(brush, left + 0.3 * step, 0.58 * level, left + 0.7 * step, level, door)


def _draw_plaza(brush, size, level, rng):
    width, height = size
    _draw_facade(brush, size, level, rng, (206, 194, 176), (120, 146, 168), 16)
    bush = height * 0.07
    for x in np.arange(0, width, bush * 0.8):
        reach = bush * rng.uniform(0.7, 1.2)
        brush.ellipse([x, level - reach, x + 1.6 * reach, level + 0.5 * reach],
                      fill=_vary((72, 112, 60), rng, 14))  # fmt: skip


def _draw_street(brush, size, level, rng):
    width, height = size
    _draw_facade(brush, size, level, rng, (134, 84, 70), (60, 70, 84), 20)
    for index in range(10):
        left = index * width / 10
        sign = _vary(((150, 60, 50), (60, 90, 130), (90, 120, 90))[index % 3], rng)
        _box(brush, left, 0.55 * level, left + 0.07 * width, 0.66 * level, sign)
    _box(brush, 0, level, width, level + 0.03 * height, (150, 150, 148))
    for index in range(30):
        left = index * width / 30
        _box(brush, left, 0.8 * height, left + width / 60, 0.84 * height, (196, 194, 186))


def _draw_park(brush, size, level, rng):
    width, height = size
    _box(brush, 0, 0, width, level, (196, 208, 206))
    for _ in range(36):
        x, reach = rng.uniform(0, width), height * rng.uniform(0.12, 0.26)
        trunk = reach * 0.12
        _box(brush, x - trunk, level - reach, x + trunk, level + 0.02 * height, (86, 66, 50))
        for _ in range(5):
            dx, dy = rng.uniform(-0.6, 0.6, 2) * reach
            brush.ellipse([x + dx - reach * 0.6, level - 1.4 * reach + dy - reach * 0.5,
                           x + dx + reach * 0.6, level - 1.4 * reach + dy + reach * 0.5],
                          fill=_vary((74, 106, 50), rng, 24))  # fmt: skip
    brush.polygon([(0, 0.8 * height), (width, 0.74 * height), (width, height), (0, height)],
                  fill=(180, 164, 132))  # fmt: skip


def _draw_station(brush, size, level, rng):
    width, height = size
    _box(brush, 0, 0, width, level, (160, 172, 166))
    for index in range(24):
        left = index * width / 24
        _box(brush, left, 0, left + width / 90, level, (92, 100, 98))
        if index % 4 == 1:
            poster = _vary(((190, 150, 70), (80, 120, 150), (170, 80, 90))[index % 3], rng)
            _box(brush, left + width / 60, 0.2 * level, left + width / 30, 0.8 * level, poster)
    for index in range(12):
        x = (index + 0.5) * width / 12
        brush.ellipse([x, 0.75 * height, x + 0.1 * height, 0.78 * height], fill=(226, 228, 218))


def _draw_stalls(brush, size, level, rng):
    width, height = size
    _box(brush, 0, 0, width, level, (186, 178, 166))
    shades = ((176, 92, 84), (94, 128, 150), (206, 184, 116), (110, 142, 104), (214, 206, 194))
    for index in range(14):
        left, step = index * width / 14, width / 14
        first, second = shades[rng.integers(5)], (226, 220, 208)
        for stripe in range(8):
            fill = first if stripe % 2 else second
            x = left + stripe * step / 8
            _box(brush, x, 0.12 * level, x + step / 8, 0.42 * level, fill)
        _box(brush, left, 0.74 * level, left + 0.92 * step, level, (128, 100, 72))
        for _ in range(16):
            x, y = left + rng.uniform(0, 0.86) * step, rng.uniform(0.64, 0.76) * level
            reach = 0.03 * step
            goods = _vary(shades[rng.integers(5)], rng, 20)
            brush.ellipse([x, y, x + 2 * reach, y + 2 * reach], fill=goods)


def _draw_steps(brush, size, level, rng):
    width, height = size
    _box(brush, 0, 0, width, level, (110, 114, 122))
    count = 9
    for index in range(count):
        top = level * (0.25 + 0.75 * index / count)
        shade = 128 + 7 * index
        _box(brush, 0, top, width, top + level / count, (shade, shade, shade + 4))
        _box(brush, 0, top + 0.6 * level / count, width, top + level / count, (82, 84, 90))
    for index in range(10):
        x = (index + 0.3) * width / 10
        _box(brush, x, 0.05 * level, x + 0.012 * height, level, (60, 62, 66))


# name: (horizon as a share of the height, drawing of what stands there, drawing of the ground with
# its further arguments)
SCENES = {
    "plaza": (0.42, _draw_plaza, (_draw_tiles, (198, 188, 170), 60, 1.22)),
    "street": (0.26, _draw_street, (_draw_plain, (112, 112, 114), 900)),
    "park": (0.46, _draw_park, (_draw_plain, (104, 132, 66), 1200)),
    "station": (0.16, _draw_station, (_draw_tiles, (184, 186, 178), 44, 1.16)),
    "stalls": (0.38, _draw_stalls, (_draw_plain, (168, 156, 140), 700)),
    "steps": (0.52, _draw_steps, (_draw_tiles, (126, 128, 136), 50, 1.3)),
}
