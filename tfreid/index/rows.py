"""Rows of the store: what one image is, what holds for all, and how damage of either is seen."""

import dataclasses
import json
import math
import zlib
from typing import NamedTuple

import numpy as np

VECTORS, KEYS, VALUES = COLUMNS = ("vectors", "keys", "values")
MODULUS = 2**64  # of sums


class Image(NamedTuple):
    """One image of an index.

    Attributes:
      id: its number, given once and never again; 0 before it is added.
      path: its absolute file name.
      pid: its identity, see `to_stored`; None where nobody said.
      camid: its camera, likewise.
      size: bytes of the file when it was added.
      mtime: nanoseconds of its last change then.
      digest: of its content, see `files.digest_content`.
      vectors_sum: of its vector, see `sum_rows`.
      keys_sum: of its keys; None for a model without.
      values_sum: of its values, likewise.
    """

    id: int
    path: str
    pid: int | str | None
    camid: int | str | None
    size: int
    mtime: int
    digest: bytes
    vectors_sum: int = 0
    keys_sum: int | None = None
    values_sum: int | None = None

    @property
    def facts(self):
        """(size, time of change) of its file."""
        return self.size, self.mtime

    @property
    def named(self):
        """(id, path, pid, camid) as they were given."""
        return self.id, self.path, to_label(self.pid), to_label(self.camid)

    @property
    def checksum(self):
        """What the row's checksum must be."""
        # A damaged row may hold what is no UTF-8: it must be told, not fail here.
        return zlib.crc32(repr(tuple(self)).encode("utf-8", "surrogatepass"))


@dataclasses.dataclass(frozen=True)
class State:
    """What holds for an index as a whole.

    Attributes:
      model: {"system", "fingerprint", "name"} of the model whose features these are.
      columns: {column: {"dtype", "shape" of one image's}}; empty before the first image.
      next_id: the number that the next image gets.
      images: number of images.
      total: sum over their ids and checksums, see `weigh`.
      calibration: what `Calibration.to_json` returns; None before the first.
    """

    model: dict
    columns: dict = dataclasses.field(default_factory=dict)
    next_id: int = 1
    images: int = 0
    total: int = 0
    calibration: dict | None = None

    @property
    def identity(self):
        """(number of images, total): what tells one state from another."""
        return self.images, self.total

    def to_row(self):
        """Returns (fields as JSON, their checksum)."""
        # As text, of which the checksum is: the same fields could be written in several ways.
        text = json.dumps(dataclasses.asdict(self))
        return text, zlib.crc32(text.encode())


def to_stored(label):
    """Returns a pid or camid as it is stored: text in quotes, as SQLite makes "1e5" a number."""
    return json.dumps(label) if isinstance(label, str) else label


def to_label(stored):
    """Returns a stored pid or camid as it was given."""
    return json.loads(stored) if isinstance(stored, str) else stored


def weigh(ids, checksums):
    """Returns the sum, modulo 2^64, of ids (upper half) and checksums; one bit changes it."""
    ids, checksums = np.array(ids, np.uint64), np.array(checksums, np.int64).astype(np.uint64)
    return int(np.add.reduce((ids << np.uint64(32)) + checksums, dtype=np.uint64))


def sum_rows(values):
    """Returns int64[n]: sum of (2i + 1) times word i of each row, modulo 2^64.

    An odd factor hides no change of a word. It runs at the speed of the memory, unlike a CRC.
    """
    rows = np.ascontiguousarray(values).reshape(len(values), math.prod(values.shape[1:]))
    # Words of 8 bytes where rows are whole ones: half the multiplications of float32.
    size = 8 if rows.itemsize * rows.shape[1] % 8 == 0 else rows.itemsize
    words = rows.view(f"<u{size}")
    return (words @ (2 * np.arange(words.shape[1], dtype=np.uint64) + 1)).view(np.int64)


def is_same(image, old):
    """Returns whether an image is in the index as it is."""
    return old is not None and (image.facts, image.digest) == (old.facts, old.digest)
