"""Small pictures of images that may be anything, or gone."""

import io

from PIL import Image

from tfreid.data.images import read_image
from tfreid.data.transforms import resize_image
from tfreid.errors import InputError

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
    return Image.fromarray(read_image(source, _shrink))


def _shrink(image):
    """Returns uint8[h, w, 3] at twice the size of the box, for fine screens."""
    height, width = image.shape[:2]
    scale = min(2 * WIDTH / width, 2 * HEIGHT / height)
    return resize_image(image, max(1, round(scale * height)), max(1, round(scale * width)))
