"""One photograph: a person in front of a camera, cut out by an imperfect detector."""

import dataclasses
import functools

import numpy as np
from PIL import Image, ImageFilter

from tfreid.pedestrians.appearance import Appearance, draw_appearance
from tfreid.pedestrians.backgrounds import WIDTHS, draw_scene
from tfreid.pedestrians.cameras import CAMERAS, expose
from tfreid.pedestrians.canvas import Canvas
from tfreid.pedestrians.fabric import paint_plain
from tfreid.pedestrians.figure import draw_figure
from tfreid.pedestrians.pose import Gait
from tfreid.pedestrians.tubes import Tube, View

_FINE = 2  # the figure is drawn so many times finer and then averaged
_SCENE_FINE = 2


@dataclasses.dataclass(frozen=True)
class Shot:
    """What one photograph shows.

    Attributes:
      person: whom; None: nobody (a detector's false alarm).
      camera: index into `CAMERAS`, from 0.
      track: integers that name the person's walk past the camera: way, place, carrying.
      frame: number of the picture within the walk.
      part: whether the detector caught only a part of the body.
    """

    person: Appearance | None
    camera: int
    track: tuple
    frame: int
    part: bool = False


def take_photograph(shot, height, width):
    """Returns a shot as uint8[height, width, 3], a pure function of the arguments."""
    camera = CAMERAS[shot.camera]
    # Two streams: what a person's walk past a camera has in common, and what changes by the
    # picture.
    walk = np.random.default_rng([*shot.track, shot.camera])
    moment = np.random.default_rng([*shot.track, shot.camera, shot.frame])
    window = _cut_window(camera, walk, moment, height, width)
    if shot.person is not None:
        window = _add_person(window, shot, camera, walk, moment)
    return expose(_soften(window, camera.blur * height / 1000), camera, moment)


# Drawn once a process: there are six scenes, and every picture shows a part of one.
@functools.lru_cache(maxsize=8)
def _load_scene(name, height):
    return draw_scene(name, height * _SCENE_FINE)


def _cut_window(camera, walk, moment, height, width):
    """Returns the background, float32[height, width, 3]: the place moves on with the person."""
    scene = _load_scene(camera.scene, height)
    zoom = walk.uniform(0.8, 1.0)
    tall, wide = scene.height * zoom, scene.height * zoom * width / height
    left = walk.uniform(0.1, 0.7) * (scene.height * WIDTHS - wide)
    left += moment.uniform(-0.4, 0.4) * scene.height
    left = float(np.clip(left, 0, scene.width - wide))
    top = moment.uniform(0, 1) * (scene.height - tall)
    box = (left, top, left + wide, top + tall)
    part = scene.resize((width, height), Image.BILINEAR, box)
    return np.asarray(part, np.float32) / 255


def _add_person(window, shot, camera, walk, moment):
    height, width, _ = window.shape
    canvas = Canvas(height * _FINE, width * _FINE)
    view = _stand(shot, camera, walk, moment, canvas.depth.shape)
    gait = Gait(moment.uniform(0, 2 * np.pi), walk.uniform(0.28, 0.45))
    window = _cast_shadow(window, view)
    draw_figure(canvas, shot.person, gait, view, camera.light)
    if moment.random() < camera.occlusion:
        add_obstacle(canvas, view, camera.light, moment)
    return _compose(window, canvas)


def _stand(shot, camera, walk, moment, shape):
    """Returns the view: the way the person walks, and how well the box fits."""
    tall, wide = shape
    ways = camera.yaw + (np.pi if walk.random() < 0.5 else 0.0)
    yaw = ways + walk.normal(0, 0.18) + moment.normal(0, 0.15)
    size = moment.uniform(*camera.size)
    x = 0.5 + moment.uniform(-1, 1) * camera.shift[0]
    foot = 0.5 + size / 2 + moment.uniform(-1, 1) * camera.shift[1]
    if shot.part:
        size, x = size * moment.uniform(1.7, 2.4), x + moment.uniform(-0.4, 0.4)
        foot = moment.uniform(1.0, 2.0)
    # A tilted camera sees the body shortened; the detector's box is filled all the same.
    scale = size * tall / (0.99 * np.cos(camera.pitch) * (1 + camera.near * 0.5))
    return View(yaw, camera.pitch, scale, x * wide, foot * tall, camera.near)


def _cast_shadow(window, view):
    """Returns the background with a soft shadow under the feet."""
    height, width, _ = window.shape
    x, y, reach = view.foot_x / _FINE, view.foot_y / _FINE - 0.01 * height, view.scale / _FINE
    rows = (np.arange(height, dtype=np.float32)[:, None] - y) / (0.035 * reach)
    columns = (np.arange(width, dtype=np.float32)[None, :] - x) / (0.13 * reach)
    dark = 0.5 * np.exp(-(rows * rows + columns * columns))
    return window * (1 - dark[:, :, None])


def _compose(window, canvas):
    """Returns the averaged figure over the background."""
    height, width, _ = window.shape
    figure = np.empty((*canvas.depth.shape, 4), np.uint8)
    figure[:, :, :3] = np.minimum(canvas.color * 255 + 0.5, 255)
    figure[:, :, 3] = np.isfinite(canvas.depth) * 255
    mean = np.asarray(Image.fromarray(figure).reduce(_FINE), np.float32) / 255
    return window + (mean[:, :, :3] - window) * mean[:, :, 3:]


def _soften(picture, radius):
    """Returns the picture blurred by a radius in pixels, at 8 bits like a sensor's readout."""
    pixels = (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)
    image = Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(radius))
    return np.asarray(image, np.float32) / 255


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
