"""What an index keeps of an image: the columns that a model makes of pixels."""

import numpy as np

from tfreid.errors import InputError
from tfreid.index.snapshot import VECTORS

KEYS, VALUES = "keys", "values"


def describe_model(model):
    """Returns the manifest's entry of a model."""
    return {"system": model.system, "fingerprint": model.fingerprint, "name": str(model.name)}


def matches_pairs(model):
    """Returns whether a model scores pairs of memories, instead of comparing embeddings."""
    return model.scores_pairs


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
    if matches_pairs(model):
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
