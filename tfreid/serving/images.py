"""Images in the shapes that callers have them: files, bytes, PIL images, arrays."""

import os

import numpy as np
import tensorflow as tf
from PIL import Image

from tfreid.data import transforms
from tfreid.data.headers import MAX_PIXELS, find_content_fault, shorten_decoder_error
from tfreid.errors import InputError

_SHOWN = 60  # characters of what was given, in messages


def read_image(item, height, width):
    """Reads one image as evaluation does.

    Args:
      item: path (str or PathLike), bytes of a JPEG or PNG, `PIL.Image.Image`, or uint8 array
        [h, w, 3] (RGB) or [h, w] (gray).
      height: rows to resize to.
      width: columns to resize to.

    Returns:
      uint8[height, width, 3].

    Raises:
      InputError: naming the item, where it is no such image.
    """
    with tf.device("CPU:0"):
        pixels = _read_pixels(item)
        return transforms.resize_image(pixels, height, width).numpy()


def describe_item(item):
    """Returns what an error message calls an item."""
    if isinstance(item, (str, os.PathLike)):
        return os.fspath(item)
    if isinstance(item, bytes):
        return f"image of {len(item)} bytes"
    if isinstance(item, Image.Image):
        return f"PIL image {item.width} x {item.height} {item.mode}"
    if isinstance(item, np.ndarray):
        return f"{item.dtype} array {list(item.shape)}"
    return repr(item)[:_SHOWN]


def _read_pixels(item):
    if isinstance(item, (str, os.PathLike)):
        return _decode(_read_file(item), item)
    if isinstance(item, bytes):
        return _decode(item, item)
    pixels = _to_array(item)
    _check_array(pixels, item)
    return np.repeat(pixels[..., np.newaxis], 3, axis=2) if pixels.ndim == 2 else pixels


def _read_file(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror or error}); check the name."
        ) from error


def _decode(contents, item):
    fault = find_content_fault(contents)
    if fault:
        raise InputError(f"{describe_item(item)}: {fault}; give a JPEG or PNG.")
    try:
        return transforms.decode_image(contents)
    except tf.errors.OpError as error:
        raise InputError(
            f"{describe_item(item)}: damaged or cut off ({shorten_decoder_error(error)}); give a "
            "whole JPEG or PNG."
        ) from error


def _to_array(item):
    """Returns a PIL image as 8-bit RGB, and anything else as it is."""
    if not isinstance(item, Image.Image):
        return item
    if item.mode.startswith("I"):  # 16 bits, which `convert` would clip instead of scale
        return (np.asarray(item).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8)
    return np.asarray(item.convert("RGB"))


def _check_array(pixels, item):
    fits = (
        isinstance(pixels, np.ndarray)
        and pixels.dtype == np.uint8
        and (pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] == 3))
        and 0 < pixels.shape[0] * pixels.shape[1] <= MAX_PIXELS
    )
    if not fits:
        raise InputError(
            f"{describe_item(item)}: is no image; allowed are paths, bytes of a JPEG or PNG, PIL "
            f"images and uint8 arrays [h, w, 3] or [h, w] of 1 to {MAX_PIXELS:,} pixels."
        )
