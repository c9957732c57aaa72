"""What every picture here is drawn with: colors, type, frames, marks.

Right and wrong are never told by color alone: a right frame is whole and a wrong one dashed, so
that people who cannot tell green from red read the same picture.
"""

import functools
import math
import os

import matplotlib
from PIL import Image, ImageDraw, ImageFont

GREEN = (0, 145, 65)
RED = (214, 33, 40)
INK = (32, 33, 36)
GRAY = (105, 110, 116)
PALE = (232, 234, 237)
PAPER = (255, 255, 255)

TICK, CROSS = "\N{CHECK MARK}", "\N{BALLOT X}"

_OVERSAMPLING = 4  # Pillow draws without anti-aliasing; marks are drawn larger, then shrunk


def make_canvas(width, height, color=PAPER):
    """Returns an empty RGB image."""
    return Image.new("RGB", (int(width), int(height)), color)


@functools.cache
def load_font(size, bold=False):
    """Returns DejaVu Sans, which comes with matplotlib: no system font is needed."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(os.path.join(matplotlib.get_data_path(), "fonts", "ttf", name), size)


def measure_text(text, size, bold=False):
    """Returns the width of a line of text in pixels."""
    return int(round(load_font(size, bold).getlength(text)))


def shorten_text(text, size, width, bold=False):
    """Returns the text, or its beginning and an ellipsis where it is wider than `width` pixels."""
    if measure_text(text, size, bold) <= width:
        return text
    while text and measure_text(text + "…", size, bold) > width:
        text = text[:-1]
    return text + "…"


def draw_text(image, xy, text, size=13, color=INK, bold=False, anchor="la", width=None):
    """Draws one line of text.

    Args:
      image: the picture to draw on.
      xy: the anchor's position in pixels.
      text: what to write.
      size: height of the type in pixels.
      color: RGB.
      bold: whether to use the bold cut.
      anchor: Pillow's two letters: l, m or r; then a (top), m (middle) or s (baseline).
      width: if given, longer text is cut with an ellipsis.
    """
    if width is not None:
        text = shorten_text(text, size, width, bold)
    font = load_font(size, bold)
    ImageDraw.Draw(image).text(xy, text, fill=color, font=font, anchor=anchor)


def fit_image(picture, width, height, background=PALE):
    """Returns the picture as large as fits into width x height, centered, its shape kept."""
    scale = min(width / picture.width, height / picture.height)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    canvas = make_canvas(width, height, background)
    left, top = (width - size[0]) // 2, (height - size[1]) // 2
    canvas.paste(picture.resize(size, Image.Resampling.BICUBIC), (left, top))
    return canvas


def draw_frame(image, box, color, thickness=6, dashed=False):
    """Draws a frame just inside `box` = (left, top, right, bottom), right and bottom excluded."""
    left, top, right, bottom = box
    draw = ImageDraw.Draw(image)
    for start, end in _find_dashes(right - left, dashed):
        for y in (top, bottom - thickness):
            draw.rectangle((left + start, y, left + end - 1, y + thickness - 1), fill=color)
    for start, end in _find_dashes(bottom - top, dashed):
        for x in (left, right - thickness):
            draw.rectangle((x, top + start, x + thickness - 1, top + end - 1), fill=color)


def draw_mark(image, center, radius, color, shape="circle"):
    """Draws a filled, white-edged, smooth-edged mark.

    Args:
      image: the RGB picture to draw on.
      center: (x, y) in pixels; may be fractional.
      radius: in pixels, of the colored part.
      color: RGB.
      shape: "circle" or "square".
    """
    edge = max(1.0, radius * 0.3)
    for size, fill in ((radius + edge, PAPER), (radius, color)):
        mask, corner = _make_mask(center, size, shape)
        image.paste(fill, corner, mask)


def _find_dashes(length, dashed):
    """Returns [(start, end)] of a side's strokes; a dashed side begins and ends with one."""
    if not dashed:
        return [(0, length)]
    dash = max(2, min(14, length // 3))
    gaps = max(1, round((length - dash) / (dash * 1.7)))
    pitch = (length - dash) / gaps
    return [(round(i * pitch), round(i * pitch) + dash) for i in range(gaps + 1)]


def _make_mask(center, radius, shape):
    """Returns an anti-aliased mask of a disc or square, and the corner where it belongs."""
    left, top = math.floor(center[0] - radius), math.floor(center[1] - radius)
    side, scale = math.ceil(2 * radius) + 1, _OVERSAMPLING
    mask = Image.new("L", (side * scale, side * scale))
    draw = ImageDraw.Draw(mask)
    outline = draw.ellipse if shape == "circle" else draw.rectangle
    x, y, reach = (center[0] - left) * scale, (center[1] - top) * scale, radius * scale
    outline((x - reach, y - reach, x + reach - 1, y + reach - 1), fill=255)
    return mask.resize((side, side), Image.Resampling.BOX), (left, top)
