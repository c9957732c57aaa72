"""Images in the shapes that callers have them: files, bytes, PIL images, arrays."""

import functools
import os

import numpy as np
import tensorflow as tf
from PIL import Image

from tfreid.data import transforms
from tfreid.data.examination import (
    find_content_fault,
    judge_size,
    shorten_decoder_error,
)
from tfreid.errors import InputError
from tfreid.files import open_regular

_SHOWN = 60  # characters of what was given, in messages
_BYTES = (bytes, bytearray, memoryview)
_SIXTEEN_BITS = ("I;16", "I;16L", "I;16B", "I;16N")  # PIL's modes


def prepare_image(item, height, width):
    """Reads one image as evaluation does.

    Args:
      item: path (str or PathLike), bytes of a JPEG or PNG, `PIL.Image.Image`, or uint8 array
        [h, w, 3] (RGB) or [h, w] (gray); of 8 bits, but for PIL's modes of 16.
      height: rows to resize to.
      width: columns to resize to.

    Returns:
      uint8[height, width, 3].

    Raises:
      InputError: naming the item, where it is no such image.
    """
    with tf.device("CPU:0"):
        pixels = read_pixels(item)
        return _resize(pixels, height, width).numpy()


def _resize(pixels, height, width):
    """`resize_image` by one call of TensorFlow, not one for each of its twenty operations."""
    sides = _to_constant(height), _to_constant(width)
    return _get_resizer()(tf.convert_to_tensor(pixels), *sides)


@functools.cache
def _get_resizer():
    side = tf.TensorSpec([], tf.int32)
    resize = tf.function(transforms.resize_image)
    return resize.get_concrete_function(tf.TensorSpec([None, None, 3], tf.uint8), side, side)


@functools.lru_cache(64)
def _to_constant(side):
    return tf.constant(side, tf.int32)


def describe_item(item):
    """Returns what an error message calls an item."""
    if isinstance(item, (str, os.PathLike)):
        return os.fspath(item) or "'' (an empty path)"
    if isinstance(item, _BYTES):
        return f"image of {len(item)} bytes"
    if isinstance(item, Image.Image):
        return f"PIL image {item.width} x {item.height} {item.mode}"
    if isinstance(item, np.ndarray):
        return f"{item.dtype} array {list(item.shape)}"
    return " ".join(repr(item).split())[:_SHOWN]


def read_pixels(item):
    """Returns an image in its own size, uint8[h, w, 3]; arguments and errors as `prepare_image`."""
    if isinstance(item, (str, os.PathLike)):
        return _decode(_read_file(item), item)
    if isinstance(item, _BYTES):
        return _decode(bytes(item), item)
    pixels = _convert(item) if isinstance(item, Image.Image) else item
    _check_array(pixels, item)
    return np.repeat(pixels[..., np.newaxis], 3, axis=2) if pixels.ndim == 2 else pixels


def _read_file(path):
    try:
        with open_regular(path) as file:
            return file.read()
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"{describe_item(path)}: cannot be read ({reason}); check the name."
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


def _convert(picture):
    """Returns a PIL image as uint8[h, w, 3], or [h, w] of one of 16 bits."""
    fault = judge_size(*picture.size)
    if fault:
        raise InputError(f"{describe_item(picture)}: {fault}.")
    if picture.mode in ("I", "F"):
        raise InputError(
            f"{describe_item(picture)}: its numbers have no fixed range; convert it to L or RGB."
        )
    try:
        if picture.mode in _SIXTEEN_BITS:  # `convert` would clip them instead of scaling
            return (np.asarray(picture).astype(np.uint16) >> 8).astype(np.uint8)
        return np.asarray(picture.convert("RGB"))
    except (OSError, ValueError, SyntaxError) as error:  # PIL decodes when first asked
        raise InputError(f"{describe_item(picture)}: damaged or closed ({error}).") from error


def _check_array(pixels, item):
    fits = (
        isinstance(pixels, np.ndarray)
        and pixels.dtype == np.uint8
        and (pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] == 3))
        and 0 < pixels.size
    )
    if not fits:
        raise InputError(
            f"{describe_item(item)}: is no image; allowed are paths, bytes of a JPEG or PNG, PIL "
            "images and uint8 arrays [h, w, 3] or [h, w]."
        )
    fault = judge_size(pixels.shape[1], pixels.shape[0])
    if fault:
        raise InputError(f"{describe_item(item)}: {fault}.")
