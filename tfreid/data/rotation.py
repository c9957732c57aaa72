"""Turning images: tensorflow-addons' `rotate`, for where that package cannot be installed."""

import tensorflow as tf


def rotate(images, angles, interpolation="nearest", fill_mode="constant"):
    """Turns images counterclockwise; equal to `tensorflow_addons.image.rotate` to the last bit.

    Args:
      images: [h, w, c] or [n, h, w, c]; uint8, an integer or a float type.
      angles: radians; one, or float[n].
      interpolation: "nearest" or "bilinear".
      fill_mode: what is seen outside: "constant" (0), "reflect", "wrap" or "nearest".

    Returns:
      Tensor of the shape and dtype of `images`.
    """
    images = tf.convert_to_tensor(images)
    batch = images if images.shape.rank == 4 else images[None]
    sizes = tf.shape(batch)[1:3]
    turned = tf.raw_ops.ImageProjectiveTransformV3(
        images=batch,
        transforms=_make_transforms(angles, *tf.unstack(tf.cast(sizes, tf.float32))),
        output_shape=sizes,
        interpolation=interpolation.upper(),
        fill_mode=fill_mode.upper(),
        fill_value=0.0,
    )
    return turned if images.shape.rank == 4 else turned[0]


def _make_transforms(angles, height, width):
    """Returns float[n, 8]: from a point of the result to the point of the image that is seen there.

    A row [a, b, c, d, e, f, 0, 0] maps (x, y) to (ax + by + c, dx + ey + f); the center stays.
    """
    angles = tf.reshape(tf.cast(angles, tf.float32), [-1])
    cosine, sine = tf.cos(angles), tf.sin(angles)
    # The center is (size - 1) / 2, as tensorflow-addons has it.
    right, bottom = width - 1, height - 1
    across = (right - (cosine * right - sine * bottom)) / 2
    down = (bottom - (sine * right + cosine * bottom)) / 2
    zero = tf.zeros_like(angles)
    return tf.stack([cosine, -sine, across, sine, cosine, down, zero, zero], axis=1)
