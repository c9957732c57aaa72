"""Pictures in and out: reading any image to draw, writing a PNG whole or not at all."""

import os

import numpy as np
import tensorflow as tf
from PIL import Image

from tfreid.data.image_files import read_pixels
from tfreid.data.transforms import resize_image
from tfreid.errors import InputError
from tfreid.files import open_regular, write_aside


def open_picture(source):
    """Returns an RGB `PIL.Image` of a file, as a network sees it, or of an array.

    Args:
      source: a file name, or uint8[H, W, 3].

    Raises:
      InputError: if the file is missing, no image, damaged or too large.
      ValueError: for an array of another shape or dtype.
    """
    if isinstance(source, (str, os.PathLike)):
        return _open_image(os.fspath(source))
    array = np.asarray(source)
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[-1] != 3:
        raise ValueError(
            f"an image is uint8[H, W, 3], but this one is {array.dtype}{list(array.shape)}."
        )
    return Image.fromarray(array)


def read_seen_image(path, data):
    """Returns uint8[height, width, 3]: an image as a network sees it before normalization.

    Args:
      path: its file.
      data: `DataOptions`: height and width.

    Raises:
      InputError: as `open_picture`.
    """
    return resize_image(np.asarray(open_picture(path)), data.height, data.width).numpy()


def save_png(picture, path):
    """Writes uint8[H, W, 3] as a PNG: aside first, then renamed over `path`.

    Missing folders are made.

    Returns:
      `path`.

    Raises:
      InputError: if it cannot be written (a full disk, a read-only folder); nothing is left behind.
    """
    image = open_picture(picture)
    write_aside(path, lambda aside: image.save(aside, format="PNG"))
    return path


def save_pictures(pictures, folder):
    """Writes {name: uint8[H, W, 3]} as `folder`/name.png; a slash in a name makes a folder.

    Returns:
      The file names, in order.

    Raises:
      InputError: as `save_png`.
    """
    return [
        save_png(picture, os.path.join(folder, *f"{name}.png".split("/")))
        for name, picture in pictures.items()
    ]


def _open_image(path):
    try:
        with open_regular(path) as file:
            return Image.fromarray(read_pixels(file, tf.identity)[0])
    except FileNotFoundError:
        raise InputError(f"{path}: no such image; was it moved since the list was read?") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as an image ({error}); replace it.") from error
