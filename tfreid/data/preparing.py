"""Many images on their way to a network: read by several threads, small ones decoded together.

Training reads by `pipeline` instead, where all is a graph: there, each image is changed at random.
"""

import contextlib
import functools
import io
import itertools
import os
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tfreid.cores import count_cores
from tfreid.data import transforms
from tfreid.data.image_files import list_kinds, read_plain
from tfreid.data.image_headers import Header
from tfreid.data.images import BYTES, describe_item, prepare_image
from tfreid.data.likeness import shrink
from tfreid.errors import InputError
from tfreid.files import open_regular
from tfreid.patience import HANGING, pause, run_each

_BATCHES_AHEAD = 3  # that are decoded while one is computed
_TOGETHER = 16  # images that one call of TensorFlow decodes: it costs as much as a small image


def read_eval_batches(split, data, batch_size, likeness=None):
    """Yields all images of a split in order, not augmented.

    Args:
      split: `Split`.
      data: `DataOptions`: image size.
      batch_size: images per batch; the last batch may hold fewer.
      likeness: uint8[N, LENGTH] that is filled on the way (see `likeness`), or None.

    Yields:
      (slice of the split's rows, float32[b, height, width, 3], normalized).

    Raises:
      InputError: for an image that cannot be read; it is named.
    """
    answers = prepare_images(split.paths, data.height, data.width, _BATCHES_AHEAD * batch_size)
    for start in range(0, len(split), batch_size):
        pixels = np.stack(
            [_take_pixels(answer) for answer in itertools.islice(answers, batch_size)]
        )
        rows = slice(start, start + len(pixels))
        if likeness is not None:
            likeness[rows] = shrink(pixels).numpy()
        yield rows, transforms.normalize_image(tf.constant(pixels), data.normalization)


def _take_pixels(answer):
    pixels, kinds = answer
    if kinds is None:
        raise pixels
    return pixels


def prepare_each(prepare, items, ahead):
    """Yields (what `prepare` returns, kinds of oddities) of each item, or (its `InputError`, None).

    Args:
      prepare: of an item, and a function that is called with the kinds that it is of.
      items: iterable.
      ahead: how many items are begun before the first answer is waited for.
    """

    def work(item):
        kinds = []
        try:
            return prepare(item, kinds.extend), kinds
        except InputError as error:
            return error, None

    def give_up(item):
        name = describe_item(item)
        return InputError(f"{name}: cannot be read: {HANGING}; check it and try again."), None

    # Two a core: one decodes while the other waits for the disk.
    return run_each(work, items, min(16, 2 * count_cores()), give_up, ahead)


def prepare_images(items, height, width, ahead):
    """Yields the same with `prepare_image`, to images of height x width."""

    def finish(group):
        with pause():
            return _finish(group, height, width)

    def read(item, notice):
        return _read(item) or prepare_image(item, height, width, notice)

    answers = prepare_each(read, items, 2 * _TOGETHER)
    groups = iter(lambda: list(itertools.islice(answers, _TOGETHER)), [])
    for finished in run_each(finish, groups, count_cores(), None, -(-ahead // _TOGETHER)):
        yield from finished


class _Contents(NamedTuple):
    """An item that is to be decoded."""

    item: Any
    contents: bytes
    header: Header


def _read(item):
    """Returns the `_Contents` of an item; None where they need care, or where it is a bad one."""
    try:
        if isinstance(item, BYTES):
            plain = read_plain(io.BytesIO(item))
        elif isinstance(item, (str, os.PathLike)):
            with open_regular(item) as file:
                plain = read_plain(file)
        else:
            return None
    except (OSError, ValueError):  # told by whoever reads it with care
        return None
    return plain and _Contents(item, *plain)


def _finish(group, height, width):
    """Returns a list of answers with pixels in the places of `_Contents`."""
    waiting = [answer for answer, _ in group if isinstance(answer, _Contents)]
    finished = iter(_decode(waiting, height, width))
    return [next(finished) if isinstance(each[0], _Contents) else each for each in group]


def _decode(waiting, height, width):
    """Returns the answers of `_Contents`: by one call, or of each alone where one is damaged."""
    if len(waiting) > 1:  # else the graph would be for nothing
        with contextlib.suppress(tf.errors.OpError), tf.device("CPU:0"):
            contents = tf.constant([each.contents for each in waiting])
            marks = tf.constant([each.header.orientation for each in waiting])
            pixels = _make_decoder(height, width)(contents, marks).numpy()
            return [(p, list_kinds(each.header.oddities, p)) for p, each in zip(pixels, waiting)]

    def prepare(item, notice):
        return prepare_image(item, height, width, notice)

    return prepare_each(prepare, [each.item for each in waiting], _TOGETHER)


@functools.lru_cache(8)
def _make_decoder(height, width):
    """Returns the function (contents string[B], EXIF's marks int32[B]) -> uint8[B, ...]."""

    def decode(image):
        return transforms.resize_image(transforms.decode_image(*image), height, width)

    def decode_all(*images):
        pixels = tf.TensorSpec([height, width, 3], tf.uint8)
        return tf.map_fn(decode, images, fn_output_signature=pixels, parallel_iterations=1)

    specs = tf.TensorSpec([None], tf.string), tf.TensorSpec([None], tf.int32)
    # It branches by tf.cond: to look for Python's own branches takes as long as to make the graph.
    return tf.function(decode_all, autograph=False).get_concrete_function(*specs)
