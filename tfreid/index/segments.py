"""Segments: folders of features and items that are written once and never changed."""

import os

import numpy as np

from tfreid.errors import InputError
from tfreid.index.durable import make_folder, move_folder, remove, write_file
from tfreid.index.items import Items

FOLDER = "segments"
ITEMS = "items.json"
_CHUNK_BYTES = 2**24


def name_segment(number):
    """Returns the name of a segment's folder."""
    return f"{number:06d}"


def locate(folder, name):
    """Returns the path of a segment of an index folder."""
    return os.path.join(folder, FOLDER, name)


def write_segment(folder, name, items, columns):
    """Writes a segment aside, brings it to the disk and renames it.

    Args:
      folder: the index folder.
      name: of the segment.
      items: `Items`.
      columns: {column: array [n, ...], or a `Pieces` that yields one}.

    Returns:
      The segment's entry of the manifest.

    Raises:
      InputError: if it cannot be written; nothing is left behind.
    """
    path = locate(folder, name)
    aside = f"{path}.tmp"
    remove(aside)
    make_folder(aside)
    try:
        sizes = {ITEMS: write_file(os.path.join(aside, ITEMS), [items.to_json().encode("ascii")])}
        for column, values in columns.items():
            file = f"{column}.npy"
            sizes[file] = write_file(os.path.join(aside, file), _format_array(values))
        remove(path)  # of a crash between its renaming and the manifest's
        move_folder(aside, path)
    except InputError:
        remove(aside)
        raise
    return {"name": name, "rows": len(items), "bytes": sizes}


class Pieces:
    """An array that is too large to be held at once.

    Attributes:
      shape: its shape.
      dtype: its dtype.
    """

    def __init__(self, shape, dtype, pieces):
        self.shape, self.dtype = tuple(shape), np.dtype(dtype)
        self._pieces = pieces

    def __iter__(self):
        return iter(self._pieces)


def _format_array(values):
    """Yields the bytes of an .npy file. `np.save` hides why a disk refuses them."""
    header = {
        "descr": np.lib.format.dtype_to_descr(values.dtype),
        "fortran_order": False,
        "shape": tuple(values.shape),
    }
    buffer = _Buffer()
    np.lib.format.write_array_header_1_0(buffer, header)
    yield b"".join(buffer)
    for piece in values if isinstance(values, Pieces) else [values]:
        flat = np.ascontiguousarray(piece).reshape(-1).view(np.uint8)
        for start in range(0, len(flat), _CHUNK_BYTES):
            yield flat[start : start + _CHUNK_BYTES].data


class _Buffer(list):
    """A list of what was written to it."""

    write = list.append


def read_items(folder, entry):
    """Returns the `Items` of a segment, after the sizes of all its files have been checked.

    Args:
      folder: the index folder.
      entry: the segment's entry of the manifest.

    Raises:
      FileNotFoundError: if a file is missing.
      InputError: if one is cut off or damaged.
    """
    path = locate(folder, entry["name"])
    for file, size in entry["bytes"].items():
        check_size(os.path.join(path, file), size)
    name = os.path.join(path, ITEMS)
    with open(name, "rb") as file:
        content = file.read()
    try:
        items = Items.from_json(content)
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise explain_damage(name, str(error)) from error
    if len(items) != entry["rows"]:
        raise explain_damage(name, f"{len(items)} images, {entry['rows']} are expected")
    return items


def read_column(folder, entry, column, form):
    """Returns a column of a segment, memory-mapped.

    Args:
      folder: the index folder.
      entry: the segment's entry of the manifest.
      column: its name.
      form: {"dtype", "shape"} of one image's.

    Raises:
      FileNotFoundError: if the file is missing.
      InputError: if it is damaged.
    """
    path = os.path.join(locate(folder, entry["name"]), f"{column}.npy")
    try:
        values = np.load(path, mmap_mode="r", allow_pickle=False)
    except ValueError as error:
        raise explain_damage(path, str(error)) from error
    if values.shape != (entry["rows"], *form["shape"]) or values.dtype != form["dtype"]:
        raise explain_damage(path, f"{values.dtype}{list(values.shape)}")
    return values


def check_size(path, size):
    """Raises `InputError` for a file of another size, FileNotFoundError for a missing one."""
    found = os.path.getsize(path)
    if found != size:
        raise explain_damage(path, f"{found:,} bytes, {size:,} are expected")


def explain_damage(path, reason):
    """Returns the `InputError` for a file of an index that is not as it was written."""
    return InputError(
        f"{path}: damaged or cut off ({reason}); bring it back from a copy of the index, or remove "
        "the index folder and add the images again."
    )
