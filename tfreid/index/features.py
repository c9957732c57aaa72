"""From files to what an index keeps of them: columns that a model makes of pixels, in batches."""

import collections
import concurrent.futures
import os

import numpy as np

from tfreid.errors import InputError
from tfreid.index.rows import KEYS, VALUES, VECTORS
from tfreid.serving.images import describe_item

_AHEAD = 3  # batches that are decoded while one is computed


def describe_model(model):
    """Returns what an index keeps of the model that made it."""
    return {"system": model.system, "fingerprint": model.fingerprint, "name": str(model.name)}


def list_columns(model):
    """Returns the names of the columns that a model makes."""
    return (VECTORS, KEYS, VALUES) if model.scores_pairs else (VECTORS,)


def compute_columns(model, pixels):
    """Returns {column: array [B, ...]} of images.

    `vectors` float32[B, D] are embeddings, or for KVM-MN the pooled features that its shortlist is
    found by. KVM-MN's `keys` and `values` are its memories in float16, half the space: scores move
    by 0.0002 of their standard deviation (the demo's network; benchmark `pair_scoring`).

    Args:
      model: what `tfreid.load` returns.
      pixels: uint8[B, H, W, 3], as `model.prepare` makes them.

    Raises:
      InputError: if a number is not finite: the network's numbers overflow.
    """
    if model.scores_pairs:
        memories = model.memorize_prepared(pixels)
        with np.errstate(over="ignore"):  # told below
            columns = {
                VECTORS: np.asarray(memories.pooled, np.float32),
                KEYS: np.asarray(memories.keys).astype(np.float16),
                VALUES: np.asarray(memories.values).astype(np.float16),
            }
    else:
        columns = {VECTORS: np.asarray(model.embed_prepared(pixels), np.float32)}
    for name, values in columns.items():
        if not np.isfinite(values).all():
            raise InputError(
                f"{model.name}: {name} of an image are not finite (NaN or infinite in "
                f"{values.dtype}): the network's numbers overflow; use another checkpoint."
            )
    return columns


def take_memories(columns):
    """Returns KVM-MN's `Memories` of {column: array [n, ...]}."""
    from tfreid.systems.matching.memories import Memories  # loads TensorFlow

    return Memories(columns[KEYS], columns[VALUES], columns[VECTORS])


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
                    skip(done, _shorten(items[done], str(error)))
    finally:
        for _, future in waiting:
            future.cancel()


def _shorten(item, reason):
    """Returns a reason without the name of the item in front, which stands beside it."""
    prefix = f"{describe_item(item)}: "
    return reason[len(prefix) :] if reason.startswith(prefix) else reason
