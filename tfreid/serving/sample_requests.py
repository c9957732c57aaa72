"""Requests for each signature: a server's warm-up, and what an export is checked with."""

import numpy as np
import tensorflow as tf

BATCH_SIZES = (1, 2, 4, 8, 16, 32)  # that a server rounds merged requests up to


def list_requests(system, signatures):
    """Makes a request for each signature and each batch size.

    The images are noise: what a network computes takes as long for them as for people.

    Args:
      system: `System`.
      signatures: of its `make_signatures`.

    Returns:
      List of (signature, {input: numpy array}).
    """
    images = make_images(max(BATCH_SIZES))
    requests = []
    for size in BATCH_SIZES:
        # object: numpy's own bytes would lose zeros at the end.
        contents = np.array(images[:size], object)
        pixels = np.stack([tf.io.decode_jpeg(content).numpy() for content in contents])
        requests.append(("pixels", {"pixels": pixels}))
        requests += system.make_requests(signatures, contents)
    return requests


def make_images(count):
    """Returns the bytes of JPEGs of 128 x 64 pixels, the usual size of detected people."""
    noise = np.random.default_rng(0).integers(0, 256, [count, 128, 64, 3], np.uint8)
    return [tf.io.encode_jpeg(image).numpy() for image in noise]
