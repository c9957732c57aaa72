"""What a shard holds: a row for each image, the same in every file of a folder.

path    text: where the image lies, an absolute file name or an address
pid     text, or null where nobody told: 7, or a name in quotes, "anna" (JSON)
camid   likewise
size    int64: bytes of the file
mtime   int64: nanoseconds of its last change
digest  16 bytes: BLAKE2b of its content
vectors float32[D], a list of fixed size
keys    float16[...], values float16[...]: of KVM-MN only, flat
"""

import json
import math
from typing import NamedTuple

import numpy as np

from tfreid.errors import InputError, shorten
from tfreid.extras import import_extra
from tfreid.options.paths import is_address

EXTRA = "parquet"
_LONGEST = 2**15  # letters of a path; systems allow an eighth of it
_LARGEST = 2**63 - 1  # that a database holds


class Row(NamedTuple):
    """What is known of an image besides its features; see above. Labels are int, str or None."""

    path: str
    pid: int | str | None
    camid: int | str | None
    size: int
    mtime: int
    digest: bytes


def make_schema(columns):
    """Returns the `pyarrow.Schema` of {column: {"dtype", "shape" of one image's}}."""
    pa = import_extra("pyarrow", EXTRA)
    texts = [pa.field("path", pa.string(), nullable=False)]
    labels = [pa.field(name, pa.string()) for name in ("pid", "camid")]
    numbers = [pa.field(name, pa.int64(), nullable=False) for name in ("size", "mtime")]
    digest = pa.field("digest", pa.binary(16), nullable=False)
    features = [
        pa.field(
            name,
            pa.list_(pa.from_numpy_dtype(np.dtype(form["dtype"])), math.prod(form["shape"])),
            nullable=False,
        )
        for name, form in columns.items()
    ]
    return pa.schema([*texts, *labels, *numbers, digest, *features])


def make_table(schema, rows, features):
    """Returns a `pyarrow.Table` of [`Row`, ...] and {column: array [n, ...]}."""
    pa = import_extra("pyarrow", EXTRA)
    # Of no rows, zip makes no columns.
    columns = [list(column) for column in zip(*rows)] or [[]] * len(Row._fields)
    for place in (1, 2):
        columns[place] = [None if label is None else json.dumps(label) for label in columns[place]]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema)]
    for field in list(schema)[len(arrays) :]:
        values = np.ascontiguousarray(features[field.name]).reshape(-1)
        arrays.append(pa.FixedSizeListArray.from_arrays(pa.array(values), type=field.type))
    return pa.Table.from_arrays(arrays, schema=schema)


def take_rows(table, columns, name):
    """Returns ([`Row`, ...], {column: array [n, ...]}) of a table.

    Args:
      table: `pyarrow.Table` or batch of it, of the schema.
      columns: as for `make_schema`.
      name: of the file, for messages.

    Raises:
      InputError: for a path or a label that is none, or a number that is not finite.
    """
    texts = [table.column(field).to_pylist() for field in Row._fields]
    odd = next((path for path in texts[0] if not _is_place(path)), None)
    if odd is not None:
        raise InputError(
            f"{name}: {shorten(ascii(odd))} is neither an absolute path of an image nor an address."
        )
    try:
        texts[1:3] = [[_read_label(label) for label in labels] for labels in texts[1:3]]
    except (ValueError, RecursionError) as error:  # the latter of a million brackets
        raise InputError(
            f"{name}: a pid or camid is neither a number nor a text: {shorten(error)}."
        ) from error
    features = {}
    for column, form in columns.items():
        # `flatten`, not `values`, which forgets where a slice begins.
        values = table.column(column).combine_chunks().flatten().to_numpy(zero_copy_only=False)
        features[column] = values.astype(form["dtype"]).reshape(-1, *form["shape"])
        if not np.isfinite(features[column]).all():
            raise InputError(f"{name}: {column} of an image are not finite; embed it again.")
    return [Row(*row) for row in zip(*texts)], features


def _is_place(path):
    """Whether it names one file in every folder, as it does wherever it came from."""
    is_whole = path.startswith("/") or is_address(path)
    return is_whole and "\0" not in path and len(path) <= _LONGEST


def _read_label(text):
    if text is None:
        return None
    label = json.loads(text)
    # Not isinstance: JSON's true is an int to Python.
    if type(label) is str or (type(label) is int and abs(label) <= _LARGEST):
        return label
    raise ValueError(text)
