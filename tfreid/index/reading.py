"""From files to features, in batches; what cannot be read is told and left out."""

import collections
import concurrent.futures
import os

import numpy as np

from tfreid.errors import InputError
from tfreid.index.features import compute_columns
from tfreid.serving.images import describe_item

_AHEAD = 3  # batches that are decoded while one is computed


def read_features(model, items, batch_size, skip):
    """Decodes images in threads and computes their features.

    Args:
      model: what `tfreid.load` returns.
      items: N files, bytes, PIL images or arrays, as `model.prepare` takes them.
      batch_size: images of a forward pass.
      skip: called with (number of an item, reason in words) for each that cannot be read.

    Yields:
      (int64[n], rising: numbers of items; {column: array [n, ...]}), n at most `batch_size`.
    """
    numbers, images = [], []
    with concurrent.futures.ThreadPoolExecutor(min(16, 2 * (os.cpu_count() or 1))) as pool:
        for number, image in _prepare(pool, model, items, _AHEAD * batch_size, skip):
            numbers.append(number)
            images.append(image)
            if len(images) == batch_size:
                yield np.array(numbers), compute_columns(model, np.stack(images))
                numbers, images = [], []
    if images:
        yield np.array(numbers), compute_columns(model, np.stack(images))


def _prepare(pool, model, items, ahead, skip):
    """Yields (number, pixels) in order, with some images under way at any time."""
    waiting = collections.deque()
    try:
        for number in range(len(items) + ahead):
            if number < len(items):
                waiting.append((number, pool.submit(model.prepare, items[number])))
            if waiting and (number >= len(items) or len(waiting) > ahead):
                done, future = waiting.popleft()
                try:
                    yield done, future.result()
                except InputError as error:
                    skip(done, shorten(items[done], str(error)))
    finally:
        for _, future in waiting:
            future.cancel()


def shorten(item, reason):
    """Returns a reason without the name of the item in front, which stands beside it."""
    prefix = f"{describe_item(item)}: "
    return reason[len(prefix) :] if reason.startswith(prefix) else reason
