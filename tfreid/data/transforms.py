"""From a file to pixels as a network takes them; the same in training, evaluation and serving."""

import tensorflow as tf

# `--normalization`: mean and deviation of R, G and B, of images scaled to [0, 1], under which the
# ImageNet weights of a backbone were learned. Inception's bring pixels to [-1, 1].
STATISTICS = {
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "inception": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
}


def decode_image(contents):
    """Decodes a JPEG or PNG.

    A JPEG's pixels equal Pillow's, and so torchvision's, to the bit: that takes the accurate
    cosine transform, which `tf.io.decode_image` does not offer. (`tf.io.decode_jpeg` recognizes
    PNG by itself.) Palettes and gray become RGB, alpha is dropped, 16 bits are cut to 8.

    EXIF orientation is ignored, as in the code of the field's papers: person crops come from
    detectors, not from phones. Photos that rely on it must be turned before.

    Args:
      contents: string scalar, the bytes of the file.

    Returns:
      uint8[h, w, 3].

    Raises:
      tf.errors.InvalidArgumentError: if the bytes are no complete image.
    """
    return tf.io.decode_jpeg(contents, channels=3, dct_method="INTEGER_ACCURATE")


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
    rows = tf.reshape(tf.cast(image, tf.float32), [size[0], size[1] * 3])
    rows = tf.reshape(_resize_rows(rows, height), [height, size[1], 3])
    columns = tf.reshape(tf.transpose(rows, [1, 0, 2]), [size[1], height * 3])
    turned = tf.cast(tf.round(_resize_rows(columns, width)), tf.uint8)  # means: within 0 to 255
    return tf.transpose(tf.reshape(turned, [width, height, 3]), [1, 0, 2])


def _resize_rows(rows, height):
    """Returns float32[height, m] of float32[h, m], each column resized for itself."""
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
