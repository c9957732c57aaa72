"""From a client's bytes to pixels, inside the graph; what cannot be decoded harms nobody else."""

import tensorflow as tf

from tfreid.data import transforms
from tfreid.data.image_files import LARGE_AT_ONCE, LARGE_PIXELS, LARGE_SIDE
from tfreid.data.image_headers import MAX_BYTES, MAX_PIXELS, MAX_SIDE


def decode_batch(contents, height, width):
    """Decodes and resizes images as evaluation does, and tells which could be.

    A server merges the images of many clients into one batch, and an operation that fails, fails
    for all of them. So the images go through a tf.data pipeline inside the graph, which drops those
    that cannot be decoded: what is no JPEG or PNG, damaged, cut off, or of more than `MAX_PIXELS`
    pixels or `MAX_SIDE` a side (told by its header, before it is decoded).

    Args:
      contents: string[B], bytes of JPEG or PNG files; B is at least 1.
      height: rows to resize to.
      width: columns to resize to.

    Returns:
      (pixels uint8[B, height, width, 3], black where the image could not be decoded; bool[B]).
    """
    count = tf.size(contents)
    tf.debugging.assert_positive(count, "There are no images: send at least one.")

    def read_size(row, content):
        return row, content, _read_size(content)

    def decode(row, content, size):
        return row, transforms.resize_image(transforms.decode_image(content), height, width)

    images = tf.data.Dataset.from_tensor_slices((tf.range(count), contents))
    # A data set drops what fails and goes on; tf.map_fn would fail with its first bad image.
    images = images.map(read_size, num_parallel_calls=tf.data.AUTOTUNE).ignore_errors()
    # Apart: one large image takes as much memory as thousands of small ones.
    small = images.filter(lambda row, content, size: ~_is_large(content, size))
    large = images.filter(lambda row, content, size: _is_large(content, size))
    images = small.map(decode, num_parallel_calls=tf.data.AUTOTUNE)
    images = images.concatenate(large.map(decode, num_parallel_calls=LARGE_AT_ONCE)).ignore_errors()
    # One more, so that there is something to collect where all were dropped.
    blank = tf.zeros([1, height, width, 3], tf.uint8)
    images = images.concatenate(tf.data.Dataset.from_tensor_slices((count[tf.newaxis], blank)))
    rows, pixels = images.batch(tf.cast(count, tf.int64) + 1).get_single_element()
    shape = [count + 1, height, width, 3]
    pixels = tf.scatter_nd(rows[:, tf.newaxis], pixels, shape)[:-1]
    valid = tf.scatter_nd(rows[:, tf.newaxis], tf.ones_like(rows), [count + 1])[:-1] > 0
    return tf.ensure_shape(pixels, [None, height, width, 3]), valid


def resize_batch(pixels, height, width):
    """Resizes images of one size as `decode_batch` does.

    Args:
      pixels: uint8[B, h, w, 3]; of any size, but if it is the wanted one, nothing is computed.
      height: rows to resize to.
      width: columns to resize to.

    Returns:
      uint8[B, height, width, 3].
    """

    def resize():
        # Image by image: the resizing operation makes floats of a whole batch at once.
        return tf.map_fn(lambda image: transforms.resize_image(image, height, width), pixels)

    is_wanted = tf.reduce_all(tf.shape(pixels)[1:3] == [height, width])
    return tf.ensure_shape(tf.cond(is_wanted, lambda: pixels, resize), [None, height, width, 3])


def hide_invalid(values, valid):
    """Returns values float[B, ...] with NaN in the rows where valid bool[B] is not."""
    missing = tf.constant(float("nan"), values.dtype)
    mask = tf.reshape(valid, tf.concat([[-1], tf.ones([tf.rank(values) - 1], tf.int32)], axis=0))
    return tf.where(mask, values, missing)


def _read_size(content):
    """Returns int32[2], the sides that a JPEG's or PNG's header promises; fails where unfit."""
    is_png = tf.strings.substr(content, 0, 8) == b"\x89PNG\r\n\x1a\n"
    # The JPEG decoder would take GIFs as well; this one fails for them.
    size = tf.cond(
        is_png, lambda: _read_png_size(content), lambda: tf.io.extract_jpeg_shape(content)[:2]
    )
    sides_fit = tf.reduce_all((size > 0) & (size <= MAX_SIDE))
    is_fit = sides_fit & (tf.reduce_prod(size) <= MAX_PIXELS)
    is_fit &= tf.strings.length(content) <= MAX_BYTES
    with tf.control_dependencies([tf.debugging.Assert(is_fit, [size])]):
        return tf.ensure_shape(tf.identity(size), [2])


def _is_large(content, size):
    """Returns whether an image takes so much memory that few are decoded at a time."""
    weight = tf.maximum(tf.reduce_prod(size), tf.strings.length(content) // 3)
    return (weight > LARGE_PIXELS) | (tf.reduce_max(size) > LARGE_SIDE)


def _read_png_size(content):
    """Returns int32[2], width and height: big-endian, after the signature and a chunk's head."""
    return tf.io.decode_raw(tf.strings.substr(content, 16, 8), tf.int32, little_endian=False)
