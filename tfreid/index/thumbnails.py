"""Small pictures of images that may be anything, or gone."""

import io

import numpy as np
from PIL import Image

from tfreid.errors import InputError
from tfreid.serving.images import prepare_image

WIDTH, HEIGHT = 96, 192  # of the box that a thumbnail fits into
_QUALITY = 82


def make_thumbnail(source):
    """Returns the bytes of a JPEG that fits into WIDTH x HEIGHT; None where there is no image.

    Args:
      source: a path, bytes, a PIL image or an array, as `tfreid.load(...).prepare` takes it.
    """
    try:
        picture = make_picture(source)
    except InputError:
        return None
    buffer = io.BytesIO()
    picture.save(buffer, format="JPEG", quality=_QUALITY, optimize=True)
    return buffer.getvalue()


def make_picture(source):
    """Returns a `PIL.Image` of an image within WIDTH x HEIGHT, decoded as the model does it.

    Raises:
      InputError: if it cannot be read.
    """
    width, height = _find_size(source)
    scale = min(2 * WIDTH / width, 2 * HEIGHT / height)  # twice, for fine screens
    size = max(1, round(scale * height)), max(1, round(scale * width))
    return Image.fromarray(prepare_image(source, *size))


def _find_size(source):
    """Returns (width, height), from the header where it is a file."""
    if isinstance(source, Image.Image):
        return source.size
    if isinstance(source, np.ndarray):
        return source.shape[1::-1]
    try:
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
            return image.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return WIDTH, HEIGHT  # `prepare_image` tells what is wrong with it
