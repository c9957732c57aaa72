"""The memories of a split's images: made once, kept in as few bytes as asked for."""

import dataclasses

import numpy as np
import tensorflow as tf

from tfreid.data.preparing import read_eval_batches
from tfreid.progress import Progress


@dataclasses.dataclass(frozen=True, eq=False)
class Memories:
    """What a network remembers of N images.

    Attributes:
      keys: [N, heads, L, d_k], of the dtype asked for.
      values: [N, heads, L, d_v].
      pooled: float32[N, C], the backbone's map averaged over its locations.
      shares: [N, L, d_c], what an image brings as a query (see `KvmMn.prepare_query`); None unless
        asked for.
    """

    keys: np.ndarray
    values: np.ndarray
    pooled: np.ndarray
    shares: np.ndarray | None = None

    def __len__(self):
        return len(self.keys)


def memorize_split(network, split, data, options, as_queries=False, likeness=None):
    """Returns the `Memories` of a split's images, in order.

    Args:
      network: `KvmMn`.
      split: `Split`.
      data: `DataOptions`, for the image size.
      options: `PairScoringOptions`.
      as_queries: whether to keep `shares` as well.
      likeness: as for `read_eval_batches`.

    Raises:
      InputError: for an image that cannot be read.
    """
    remember = tf.function(
        lambda images: _remember(network, images, as_queries, options.memory_dtype)
    )
    size = min(options.evaluation_batch, max(1, len(split)))
    columns, progress = None, Progress("Memorizing images", len(split))
    for rows, images in read_eval_batches(split, data, size, likeness):
        parts = remember(_fill(images, size))
        if columns is None:
            columns = {name: _make_column(part, len(split)) for name, part in parts.items()}
        for name, part in parts.items():
            columns[name][rows] = part.numpy()[: len(images)]
        progress.advance(len(images))
    return Memories(**columns)


def _remember(network, images, as_queries, dtype):
    memory, pooled = network.memorize_and_pool(images)
    parts = {"keys": memory.keys, "values": memory.values}
    if as_queries:
        parts["shares"] = network.prepare_query(memory).share
    return {**{name: tf.cast(part, dtype) for name, part in parts.items()}, "pooled": pooled}


def _fill(images, size):
    """Returns images with zeros added up to a whole batch: one shape, one trace."""
    return tf.pad(images, [[0, size - len(images)], [0, 0], [0, 0], [0, 0]])


def _make_column(part, length):
    return np.empty((length, *part.shape[1:]), part.dtype.as_numpy_dtype)
