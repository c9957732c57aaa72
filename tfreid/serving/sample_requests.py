"""Requests for each signature: a server's warm-up, and what an export is checked with."""

import numpy as np
import tensorflow as tf

from tfreid.options import KVM_MN

BATCH_SIZES = (1, 2, 4, 8, 16, 32)  # that a server rounds merged requests up to


def make_requests(system, exported):
    """Makes a request for each signature and each batch size.

    The images are noise: what a network computes takes as long for them as for people.

    Args:
      system: "sona_net" or "kvm_mn".
      exported: module of `make_exported`.

    Returns:
      List of (signature, {input: numpy array}).
    """
    images = make_images(max(BATCH_SIZES))
    requests = []
    for size in BATCH_SIZES:
        contents = np.array(images[:size], object)
        pixels = np.stack([tf.io.decode_jpeg(content).numpy() for content in contents])
        requests.append(("pixels", {"pixels": pixels}))
        if system == KVM_MN:
            requests += _request_scores(exported, contents)
        else:
            requests.append(("serving_default", {"image_bytes": contents}))
    return requests


def make_images(count):
    """Returns the bytes of JPEGs of 128 x 64 pixels, the usual size of detected people."""
    noise = np.random.default_rng(0).integers(0, 256, [count, 128, 64, 3], np.uint8)
    return [tf.io.encode_jpeg(image).numpy() for image in noise]


def _request_scores(exported, contents):
    """Returns one query's requests for memories, for scores of them, and for scores at once."""
    memories = exported.memorize_bytes(tf.constant(contents))
    keys, values = memories["keys"].numpy(), memories["values"].numpy()
    match = {
        "query_keys": keys[:1],
        "query_values": values[:1],
        "gallery_keys": keys,
        "gallery_values": values,
    }
    score = {"query_image_bytes": contents[:1], "gallery_image_bytes": contents}
    return [
        ("memorize", {"image_bytes": contents}),
        ("match", match),
        ("serving_default", score),
    ]
