"""Images: a damaged one is refused, or decoded alike, alone, among others and by an export."""

import hashlib
import os

import numpy as np
import tensorflow as tf
from PIL import Image

from tfreid.data.images import prepare_image
from tfreid.data.preparing import prepare_images
from tfreid.errors import InputError
from tfreid.serving.decoding import decode_batch

_HEIGHT, _WIDTH = 32, 16
_KINDS = {"a.jpg": "RGB", "b.png": "RGB", "c.png": "P", "d.jpg": "L", "e.png": "RGBA"}


def make(folder):
    """Draws images."""
    numbers = np.random.default_rng(0)
    for name, mode in _KINDS.items():
        pixels = numbers.integers(0, 256, (6, 3, 3), np.uint8)
        Image.fromarray(pixels).resize((24, 48), Image.BICUBIC).convert(mode).save(
            os.path.join(folder, name)
        )


def look(folder):
    """Returns {name: (what the library makes of it, alone and among others, what an export)}."""
    paths = [os.path.join(folder, name) for name in _KINDS]
    contents = [_read(path) for path in paths]
    pixels, valid = _decode(tf.constant(contents))
    served = [
        _digest(image) if fine else None for image, fine in zip(pixels.numpy(), valid.numpy())
    ]
    together = [
        _digest(pixels) if kinds is not None else _check(pixels)
        for pixels, kinds in prepare_images(paths, _HEIGHT, _WIDTH, len(paths))
    ]
    return dict(zip(_KINDS, zip(map(_prepare, paths), together, served)))


def judge(before, after):
    """One image may have become another one, or none; the others are what they were."""
    changed = [name for name in before if before[name] != after[name]]
    if len(changed) > 1 or any(len(set(after[name])) > 1 for name in changed):
        return "fault"
    return "refused" if changed and not any(after[changed[0]]) else "harmless"


@tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
def _decode(contents):
    return decode_batch(contents, _HEIGHT, _WIDTH)


def _prepare(path):
    try:
        return _digest(prepare_image(path, _HEIGHT, _WIDTH))
    except InputError as error:
        return _check(error)


def _check(error):
    """Returns None, which stands for a refusal in one line."""
    if len(str(error).splitlines()) > 1:
        raise ValueError(f"several lines: {error}") from error


def _read(path):
    if not os.path.isfile(path):
        return b""
    with open(path, "rb") as file:
        return file.read()


def _digest(pixels):
    return hashlib.sha256(pixels.tobytes()).hexdigest()
