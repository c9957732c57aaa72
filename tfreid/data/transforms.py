"""What happens to one image between its file and the network: pure functions of (image, seed)."""

import tensorflow as tf

# Per channel, in the order R, G, B, of images scaled to [0, 1]: the statistics under which the
# ImageNet weights were learned.
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


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


def normalize_image(image):
    """Brings the colors to mean 0 and variance 1 over ImageNet.

    Args:
      image: uint8 or float [..., h, w, 3], in [0, 255].

    Returns:
      float32 of the same shape.
    """
    shape = tf.shape(image)
    # Whole rows at once: TF is slow where only the last, short axis is not broadcast.
    rows = tf.reshape(tf.cast(image, tf.float32), tf.concat([shape[:-2], [shape[-2] * 3]], 0))
    scale = tf.constant([1 / (255 * std) for std in IMAGENET_STD])
    shift = tf.constant([mean / std for mean, std in zip(IMAGENET_MEAN, IMAGENET_STD)])
    rows = rows * tf.tile(scale, shape[-2:-1]) - tf.tile(shift, shape[-2:-1])
    return tf.ensure_shape(tf.reshape(rows, shape), image.shape)


def flip_image(image, seed, probability):
    """Mirrors an image left to right with the given probability; image [h, w, c], seed int[2]."""
    mirrored = tf.random.stateless_uniform([], seed, alg="philox") < probability
    return tf.cond(mirrored, lambda: tf.reverse(image, axis=[1]), lambda: image)


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


def augment_image(image, seeds, augment):
    """Flips, normalizes and cuts out: what a training image goes through.

    Args:
      image: uint8[h, w, 3].
      seeds: int32[2, 2], the image's own: one for the flip, one for the cutout.
      augment: `AugmentOptions`.

    Returns:
      float32[h, w, 3].
    """
    image = flip_image(image, seeds[0], augment.flip_probability)
    return cut_out(
        normalize_image(image),
        seeds[1],
        augment.cutout_probability,
        augment.cutout_height,
        augment.cutout_width,
    )


def _place_span(size, length, place):
    """Returns bool[size], true over `length` neighbors; place in [0, 1) says where."""
    start = tf.cast(place * tf.cast(size - length + 1, tf.float32), tf.int32)
    return (tf.range(size) >= start) & (tf.range(size) < start + length)
