"""What happens to a training image at random: pure functions of (image, seed)."""

import functools
import math

import tensorflow as tf

from tfreid.data.transforms import normalize_image
from tfreid.stack import choose_rotate

NUM_SEEDS = 4  # of an image: for flip, cutout, rotation and erasing
_ATTEMPTS = 20  # rectangles that random erasing draws until one fits; four of five do


def augment_image(image, seeds, augment, normalization):
    """Flips, crops, rotates, normalizes, cuts out and erases a training image.

    Args:
      image: uint8[h, w, 3].
      seeds: int32[NUM_SEEDS, 2], the image's own.
      augment: `AugmentOptions`.
      normalization: see `normalize_image`.

    Returns:
      float32[h, w, 3].
    """
    # One for each: a change that is left out leaves the others as they are.
    flip_seed, cutout_seed, rotation_seed, erasing_seed = tf.unstack(seeds)
    image = flip_image(image, flip_seed, augment.flip_probability)
    if augment.crop_padding:
        # A stream of the flip's: with a fifth seed, all others would be other ones.
        image = pad_and_crop(image, _next_seed(flip_seed), augment.crop_padding)
    if augment.rotation_degrees:
        image = rotate_image(image, rotation_seed, augment.rotation_degrees)
    image = normalize_image(image, normalization)
    if augment.cutout_probability:
        height, width = augment.cutout_height, augment.cutout_width
        image = cut_out(image, cutout_seed, augment.cutout_probability, height, width)
    if augment.erasing_probability:
        draw_noise = functools.partial(_draw_noise, image, erasing_seed, normalization)
        image = erase_randomly(image, erasing_seed, augment, draw_noise)
    return image


def flip_image(image, seed, probability):
    """Mirrors an image left to right with the given probability; image [h, w, c], seed int[2]."""
    mirrored = tf.random.stateless_uniform([], seed, alg="philox") < probability
    return tf.cond(mirrored, lambda: tf.reverse(image, axis=[1]), lambda: image)


def pad_and_crop(image, seed, padding):
    """Moves an image by up to `padding` pixels: pads with zeros, then crops to the old size.

    Args:
      image: [h, w, c].
      seed: int[2]; each of the (2 * padding + 1)^2 places is equally likely.
      padding: pixels on every side.

    Returns:
      The same shape and dtype.
    """
    place = tf.random.stateless_uniform([2], seed, 0, 2 * padding + 1, dtype=tf.int32, alg="philox")
    padded = tf.pad(image, [[padding, padding], [padding, padding], [0, 0]])
    cropped = tf.slice(padded, tf.concat([place, [0]], axis=0), tf.shape(image))
    return tf.ensure_shape(cropped, image.shape)


def cut_out(image, seed, probability, height, width):
    """Sets one rectangle, entirely inside the image, to zero: the mean color once normalized.

    Args:
      image: float[h, w, c], normalized; h >= height and w >= width.
      seed: int[2].
      probability: chance that the image is changed at all.
      height: rows of the rectangle.
      width: columns of the rectangle.

    Returns:
      float[h, w, c].
    """
    chance, down, across = tf.unstack(tf.random.stateless_uniform([3], seed, alg="philox"))

    def erase():
        in_rows = _place_span(tf.shape(image)[0], height, down)
        in_columns = _place_span(tf.shape(image)[1], width, across)
        kept = ~(in_rows[:, None] & in_columns[None, :])
        return image * tf.cast(kept, image.dtype)[:, :, None]

    return tf.cond(chance < probability, erase, lambda: image)


def rotate_image(image, seed, degrees):
    """Turns an image about its center by an angle that is uniform in [-degrees, degrees].

    Bilinear; what was outside is the mirror image of what is inside.

    Args:
      image: uint8 or float [h, w, c].
      seed: int[2].
      degrees: largest angle.

    Returns:
      float32[h, w, c].
    """
    angle = tf.random.stateless_uniform([], seed, -1.0, 1.0, alg="philox") * degrees
    radians = angle * (math.pi / 180)
    return tf.ensure_shape(_turn(tf.cast(image, tf.float32), radians), image.shape)


def turn(image, angle):
    """Turns an image counterclockwise, to the bit as tensorflow-addons' `rotate` does.

    Args:
      image: float32[h, w, c].
      angle: radians.

    Returns:
      float32[h, w, c]; see `rotate_image` for what is between pixels, and outside.
    """
    sizes = tf.shape(image)[:2]
    # The center is (size - 1) / 2, as tensorflow-addons has it.
    bottom, right = tf.unstack(tf.cast(sizes, tf.float32) - 1)
    cosine, sine = tf.cos(angle), tf.sin(angle)
    across = (right - (cosine * right - sine * bottom)) / 2
    down = (bottom - (sine * right + cosine * bottom)) / 2
    # Of a point (x, y) of the result, the point that is seen there: rows of (x, y, 1).
    transform = tf.stack([cosine, -sine, across, sine, cosine, down, 0.0, 0.0])
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=image[tf.newaxis],
        transforms=transform[tf.newaxis],
        output_shape=sizes,
        interpolation="BILINEAR",
        fill_mode="REFLECT",
        fill_value=0.0,
    )[0]


_turn = choose_rotate(turn)


def erase_randomly(image, seed, augment, draw_fill):
    """Random erasing (Zhong et al., 2017): replaces a rectangle of random size, shape and place.

    Its share of the area is uniform in [erasing_area_min, erasing_area_max], and height / width is
    uniform in [ratio, 1 / ratio]; where it is not smaller than the image, another one is drawn.

    Args:
      image: float[h, w, c].
      seed: int[2].
      augment: `AugmentOptions`.
      draw_fill: function that returns what is seen in the rectangle, of the image's shape and
        dtype; called for an image that is erased, since noise costs more than all else here.

    Returns:
      float[h, w, c].
    """
    draws = tf.random.stateless_uniform([_ATTEMPTS, 2], seed, alg="philox")
    chance, down, across = tf.unstack(
        tf.random.stateless_uniform([3], _next_seed(seed), alg="philox")
    )
    rows, columns = tf.shape(image)[0], tf.shape(image)[1]
    height, width, fits = _size_rectangle(draws, rows, columns, augment)

    def erase():
        in_rows = _place_span(rows, height, down)
        in_columns = _place_span(columns, width, across)
        return tf.where((in_rows[:, None] & in_columns[None, :])[:, :, None], draw_fill(), image)

    return tf.cond((chance < augment.erasing_probability) & fits, erase, lambda: image)


def _size_rectangle(draws, rows, columns, augment):
    """Returns height and width of the first drawn rectangle that fits, and whether one does."""
    low, high = augment.erasing_area_min, augment.erasing_area_max
    area = (low + draws[:, 0] * (high - low)) * tf.cast(rows * columns, tf.float32)
    ratio = augment.erasing_ratio
    aspect = ratio + draws[:, 1] * (1 / ratio - ratio)
    heights = tf.cast(tf.round(tf.sqrt(area * aspect)), tf.int32)
    widths = tf.cast(tf.round(tf.sqrt(area / aspect)), tf.int32)
    fits = (heights < rows) & (widths < columns)
    first = tf.argmax(tf.cast(fits, tf.int32))
    return heights[first], widths[first], fits[first]


def _draw_noise(image, seed, normalization):
    """Returns an image of random pixels, normalized."""
    shape = tf.shape(image)
    key = _next_seed(_next_seed(seed))
    noise = tf.random.stateless_uniform(shape, key, 0, 256, tf.int32, alg="philox")
    return tf.ensure_shape(normalize_image(noise, normalization), image.shape)


def _next_seed(seed):
    """Returns a seed for another stream of the same image."""
    return tf.random.experimental.stateless_fold_in(tf.convert_to_tensor(seed), 1, alg="philox")


def _place_span(size, length, place):
    """Returns bool[size], true over `length` neighbors; place in [0, 1) says where."""
    start = tf.cast(place * tf.cast(size - length + 1, tf.float32), tf.int32)
    return (tf.range(size) >= start) & (tf.range(size) < start + length)
