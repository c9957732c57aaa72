"""From a file to pixels as a network takes them; the same in training, evaluation and serving."""

import tensorflow as tf

from tfreid.data.orientation import read_orientation, turn_upright

# `--normalization`: mean and deviation of R, G and B, of images scaled to [0, 1], under which the
# ImageNet weights of a backbone were learned. Inception's bring pixels to [-1, 1].
STATISTICS = {
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "inception": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
}


def decode_image(contents, orientation=None):
    """Decodes a JPEG or PNG, upright: the one way from a file's bytes to colors.

    A JPEG's pixels equal Pillow's, and so torchvision's, to the bit: that takes the accurate
    cosine transform, which `tf.io.decode_image` does not offer. (`tf.io.decode_jpeg` recognizes
    PNG by itself.) EXIF's mark turns it as viewers do. Palettes and gray become RGB, alpha is
    dropped, 16 bits are cut to 8; color profiles are not applied: `oddities` names what looks
    otherwise to people.

    Args:
      contents: string scalar, the bytes of the file.
      orientation: int from 1 to 8, EXIF's mark, where it has been read already.

    Returns:
      uint8[h, w, 3].

    Raises:
      tf.errors.InvalidArgumentError: if the bytes are no complete image.
    """
    image = tf.io.decode_jpeg(contents, channels=3, dct_method="INTEGER_ACCURATE")
    return turn_upright(image, read_orientation(contents) if orientation is None else orientation)


def resize_image(image, height, width):
    """Resizes like Pillow's (and so torchvision's) bilinear filter, which antialiases.

    Args:
      image: uint8[h, w, 3].
      height: rows of the result.
      width: columns of the result.

    Returns:
      uint8[height, width, 3]; rounded, as Pillow does, so that an image from the cache equals one
      from its file.
    """
    size = tf.shape(image)
    # Rows, then columns as rows of the turned image: to the bit what `tf.image.resize` does with
    # antialias=True, in less than half the time. Its loop over columns handles 3 numbers at a time.
    rows = tf.reshape(image, [size[0], size[1] * 3])  # bytes: floats of 25 megapixels take 300 MB
    rows = tf.reshape(_resize_rows(rows, height), [height, size[1], 3])
    columns = tf.reshape(tf.transpose(rows, [1, 0, 2]), [size[1], height * 3])
    turned = tf.cast(tf.round(_resize_rows(columns, width)), tf.uint8)  # means: within 0 to 255
    return tf.transpose(tf.reshape(turned, [width, height, 3]), [1, 0, 2])


def _resize_rows(rows, height):
    """Returns float32[height, m] of uint8 or float32[h, m], each column resized for itself."""
    scale = tf.cast(height, tf.float32) / tf.cast(tf.shape(rows)[0], tf.float32)
    resized = tf.raw_ops.ScaleAndTranslate(
        images=rows[tf.newaxis, :, tf.newaxis, :],  # m channels of an image one pixel wide
        size=[height, 1],
        scale=tf.stack([scale, 1.0]),
        translation=tf.zeros([2]),
        kernel_type="triangle",
        antialias=True,
    )
    return tf.squeeze(resized, [0, 2])


def read_image(path, height, width):
    """Returns the image in a file as uint8[height, width, 3]."""
    return resize_image(decode_image(tf.io.read_file(path)), height, width)


def normalize_image(image, normalization):
    """Brings the colors to what a backbone was trained on.

    Args:
      image: uint8 or float [..., h, w, 3], in [0, 255].
      normalization: name in `STATISTICS`, as of `DataOptions`.

    Returns:
      float32 of the same shape.
    """
    shape = tf.shape(image)
    # Whole rows at once: TF is slow where only the last, short axis is not broadcast.
    rows = tf.reshape(tf.cast(image, tf.float32), tf.concat([shape[:-2], [shape[-2] * 3]], 0))
    means, deviations = STATISTICS[normalization]
    scale = tf.constant([1 / (255 * deviation) for deviation in deviations])
    shift = tf.constant([mean / deviation for mean, deviation in zip(means, deviations)])
    rows = rows * tf.tile(scale, shape[-2:-1]) - tf.tile(shift, shape[-2:-1])
    return tf.ensure_shape(tf.reshape(rows, shape), image.shape)
