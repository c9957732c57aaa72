"""Vectors in Parquet files: they are read as they were written, or one line names the file."""

import os

import numpy as np

from tfreid.shards.description import MODEL, describe
from tfreid.shards.folder import SUFFIX, Shards, write_part
from tfreid.shards.table import Row, make_schema, make_table

_OWNER = {"system": "drawn", "fingerprint": "f", "name": "n"}
_COLUMNS = {"vectors": {"dtype": "<f4", "shape": [5]}}
_FILES, _IMAGES = 2, 4


def make(folder):
    """Writes files of images whose vectors are drawn."""
    schema, numbers = make_schema(_COLUMNS), np.random.default_rng(0)
    for part in range(_FILES):
        vectors = numbers.random((_IMAGES, 5), np.float32)
        rows = [Row(f"/p/{part}/{i}", 7 + i, None, i, i, bytes([i] * 16)) for i in range(_IMAGES)]
        table = make_table(schema, rows, {"vectors": vectors})
        write_part(os.path.join(folder, f"part-{part:06}{SUFFIX}"), schema, [table])
    with open(os.path.join(folder, MODEL), "w", encoding="utf-8") as file:
        file.write(describe(_OWNER, _COLUMNS, _FILES))


def look(folder):
    """Returns all that is read, but for whose they are: an index compares the fingerprint."""
    shards = Shards(folder)
    read = [(rows, features["vectors"].tolist()) for rows, features in shards.read()]
    return shards.count, read
