"""From files to what an index keeps of them: columns that a model makes of pixels, in batches."""

import numpy as np

from tfreid.data.images import describe_item
from tfreid.errors import InputError
from tfreid.index.rows import KEYS, VALUES, VECTORS

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


def read_features(model, items, batch_size, skip, notice=lambda number, kinds: None):
    """Decodes images in threads and computes their features.

    Args:
      model: what `tfreid.load` returns.
      items: N files, bytes, PIL images or arrays, as `model.prepare` takes them.
      batch_size: images of a forward pass.
      skip: called with (number of an item, reason in words) for each that cannot be read.
      notice: called with (number of an item, kinds of `oddities` that it is of) for the others.

    Yields:
      (int64[n], rising: numbers of items; {column: array [n, ...]}), n at most `batch_size`.
    """
    numbers, images = [], []
    answers = model.prepare_all(items, _AHEAD * batch_size)
    for number, (item, (image, kinds)) in enumerate(zip(items, answers)):
        if kinds is None:
            skip(number, _shorten(item, str(image)))
            continue
        notice(number, kinds)
        numbers.append(number)
        images.append(image)
        if len(images) == batch_size:
            yield np.array(numbers), compute_columns(model, np.stack(images))
            numbers, images = [], []
    if images:
        yield np.array(numbers), compute_columns(model, np.stack(images))


def _shorten(item, reason):
    """Returns a reason without the name of the item in front, which stands beside it."""
    prefix = f"{describe_item(item)}: "
    return reason[len(prefix) :] if reason.startswith(prefix) else reason
