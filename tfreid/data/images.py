"""Images in the shapes that callers have them: files, bytes, PIL images, arrays."""

import functools
import io
import os

import numpy as np
import tensorflow as tf
from PIL import Image, ImageOps

from tfreid.data import transforms
from tfreid.data.image_files import list_kinds, make_room, read_pixels
from tfreid.data.image_headers import judge_size
from tfreid.data.oddities import (
    ANIMATED,
    INKS,
    TURNED,
    judge_alpha,
    judge_depth,
    judge_gamma,
    judge_primaries,
    judge_profile,
    judge_shape,
)
from tfreid.data.orientation import find_orientation
from tfreid.errors import InputError
from tfreid.files import open_regular
from tfreid.forks import refuse_fork

_SHOWN = 60  # characters of what was given, in messages
BYTES = (bytes, bytearray, memoryview)
_SIXTEEN_BITS = ("I;16", "I;16L", "I;16B", "I;16N")  # PIL's modes
_READ = ("JPEG", "MPO", "PNG")  # PIL's formats of files that are read
_ORIENTATION = 0x0112  # EXIF's tag of which way up a picture is
_WITH_ALPHA = ("RGBA", "LA", "PA", "RGBa", "La")


def prepare_image(item, height, width, notice=None):
    """Reads one image as evaluation does.

    Args:
      item: path (str or PathLike), bytes of a JPEG or PNG, `PIL.Image.Image`, or uint8 array
        [h, w, 3] (RGB, not OpenCV's BGR: turn that by `array[..., ::-1]`) or [h, w] (gray); of 8
        bits, but for PIL's modes of 16.
      height: rows to resize to.
      width: columns to resize to.
      notice: function that is called with the kinds of `tfreid.data.oddities` that it is of.

    Returns:
      uint8[height, width, 3].

    Raises:
      InputError: naming the item, where it is no such image.
    """
    return read_image(item, lambda image: _resize(image, height, width), notice)


def read_image(item, shrink=tf.identity, notice=None):
    """Returns what `shrink` makes of an image's uint8[h, w, 3]; else as `prepare_image`."""
    refuse_fork()
    with tf.device("CPU:0"):
        pixels, kinds = _read_pixels(item, shrink)
    if notice is not None:
        notice(kinds)
    return pixels


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
    if isinstance(item, BYTES):
        return f"image of {len(item)} bytes"
    if isinstance(item, Image.Image):
        return f"PIL image {item.width} x {item.height} {item.mode}"
    if isinstance(item, np.ndarray):
        return f"{item.dtype} array {list(item.shape)}"
    return " ".join(repr(item).split())[:_SHOWN]


def _read_pixels(item, shrink):
    """Returns (pixels, kinds of oddities) of an item; see `image_files.read_pixels`."""
    if isinstance(item, (str, os.PathLike)):
        return _decode_path(item, shrink)
    if isinstance(item, BYTES):
        return _decode(io.BytesIO(item), item, shrink)
    if isinstance(item, Image.Image):
        return _shrink_picture(item, shrink)
    _check_array(item)
    size = item.shape[1::-1]
    with make_room(*size):
        return _shrink_array(item, shrink, [judge_shape(*size)])


def _decode_path(path, shrink):
    try:
        with open_regular(path) as file:
            return _decode(file, path, shrink)
    except InputError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"{describe_item(path)}: cannot be read ({reason}); check the name."
        ) from error


def _decode(file, item, shrink):
    try:
        return read_pixels(file, shrink)
    except ValueError as error:
        raise InputError(f"{describe_item(item)}: {error}; give a JPEG or PNG.") from error


def _shrink_picture(picture, shrink):
    """Does with a PIL image what `read_pixels` does with a file."""
    fault = judge_size(*picture.size)
    if fault:
        raise InputError(f"{describe_item(picture)}: {fault}.")
    if picture.mode in ("I", "F"):
        raise InputError(
            f"{describe_item(picture)}: its numbers have no fixed range; convert it to L or RGB."
        )
    with make_room(*picture.size):
        try:
            upright = ImageOps.exif_transpose(picture)  # PIL decodes when first asked
            kinds = [*_judge_picture(upright), *_judge_file(picture)]
            pixels = _convert(upright)
        except (OSError, ValueError, SyntaxError) as error:
            raise InputError(f"{describe_item(picture)}: damaged or closed ({error}).") from error
        return _shrink_array(pixels, shrink, kinds)


def _convert(picture):
    """Returns a PIL image as uint8[h, w, 3], or [h, w] of one of 16 bits."""
    if picture.mode in _SIXTEEN_BITS:  # `convert` would clip them instead of scaling
        return (np.asarray(picture).astype(np.uint16) >> 8).astype(np.uint8)
    return np.asarray(picture.convert("RGB"))


def _judge_picture(picture):
    """Returns kinds of oddities of a PIL image, as `Header` and the pixels in full depth tell."""
    profile = picture.info.get("icc_profile")
    is_told = "srgb" in picture.info or profile
    gamma = None if is_told else picture.info.get("gamma")
    primaries = None if is_told else picture.info.get("chromaticity")
    has_alpha = picture.mode in _WITH_ALPHA or "transparency" in picture.info
    is_deep = picture.mode in _SIXTEEN_BITS
    return [
        judge_shape(*picture.size),
        judge_profile(profile) or judge_gamma(gamma) or judge_primaries(primaries),
        INKS if picture.mode == "CMYK" else None,
        judge_alpha(np.asarray(picture.convert("RGBA"))[..., 3]) if has_alpha else None,
        judge_depth(np.asarray(picture).astype(np.uint16)) if is_deep else None,
    ]


def _judge_file(picture):
    """Returns kinds of oddities that a PIL image has as long as it is that of a file."""
    # Further pictures of MPO, as phones write it, are other views or levels of light.
    is_moving = getattr(picture, "is_animated", False) and picture.format != "MPO"
    mark, usual = picture.getexif().get(_ORIENTATION, 1), picture.info.get("exif", b"")
    is_otherwise = mark in range(1, 9) and mark != find_orientation(io.BytesIO(usual))
    return [
        ANIMATED if is_moving else None,
        TURNED if is_otherwise and picture.format in _READ else None,
    ]


def _shrink_array(pixels, shrink, kinds):
    pixels = np.repeat(pixels[..., np.newaxis], 3, axis=2) if pixels.ndim == 2 else pixels
    pixels = shrink(pixels).numpy()
    return pixels, list_kinds(kinds, pixels)


def _check_array(pixels):
    fits = (
        isinstance(pixels, np.ndarray)
        and pixels.dtype == np.uint8
        and (pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] == 3))
        and 0 < pixels.size
    )
    if not fits:
        raise InputError(
            f"{describe_item(pixels)}: is no image; allowed are paths, bytes of a JPEG or PNG, PIL "
            "images and uint8 arrays [h, w, 3] (RGB; of OpenCV's BGR array[..., ::-1]) or [h, w]."
        )
    fault = judge_size(pixels.shape[1], pixels.shape[0])
    if fault:
        raise InputError(f"{describe_item(pixels)}: {fault}.")
