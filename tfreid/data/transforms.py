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
    resized = tf.image.resize(image, [height, width], method="bilinear", antialias=True)
    return tf.saturate_cast(tf.round(resized), tf.uint8)


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
