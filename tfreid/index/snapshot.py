"""One state of an index, read: it stays as it is whatever others write meanwhile."""

import collections
import os

import numpy as np

from tfreid.errors import InputError
from tfreid.index.items import join_items
from tfreid.index.manifest import read_manifest
from tfreid.index.segments import check_size, explain_damage, read_column, read_items

VECTORS = "vectors"  # the column that is searched; every index has it
_ATTEMPTS = 100  # a state may be tidied away between its manifest and its files
_OPEN_FILES = 64


class Snapshot:
    """What one manifest says, with the files that it names.

    Rows count through the segments, images that were removed included.

    Attributes:
      folder: the index folder.
      manifest: `Manifest`.
      items: `Items` of all rows; ids rise.
      live: int64[L], rising: the rows that were not removed.
    """

    def __init__(self, folder, manifest):
        """Reads the items; features are read when they are asked for.

        Raises:
          FileNotFoundError: if a file is missing.
          InputError: if a file is damaged.
        """
        self.folder, self.manifest = folder, manifest
        parts = [read_items(folder, entry) for entry in manifest.segments]
        self._starts = np.cumsum([0, *(len(part) for part in parts)])
        self.items = join_items(parts)
        removed = read_removed(folder, manifest.removed)
        self.live = np.flatnonzero(~np.isin(self.items.ids, removed))
        self._files = collections.OrderedDict()

    def __len__(self):
        return len(self.live)

    def find_rows(self, ids):
        """Returns int64[n], the rows of images by their ids, which must be there."""
        return np.searchsorted(self.items.ids, ids)

    def read(self, column, rows):
        """Returns a column's values of some rows, in their order.

        Args:
          column: its name.
          rows: int64[n].

        Raises:
          InputError: if a file is damaged, or was compacted away by another process meanwhile.
        """
        rows = np.asarray(rows, np.int64)
        form = self.manifest.columns[column]
        values = np.empty((len(rows), *form["shape"]), form["dtype"])
        homes = np.searchsorted(self._starts, rows, side="right") - 1
        for home in np.unique(homes):
            places = np.flatnonzero(homes == home)
            values[places] = self._open(column, home)[rows[places] - self._starts[home]]
        return values

    def read_all(self, rows):
        """Returns {column: array [n, ...]} of some rows; see `read`."""
        return {column: self.read(column, rows) for column in self.manifest.columns}

    def read_live(self, column):
        """Yields (rows int64[n], values [n, ...]) of all live images, segment by segment."""
        for home, (start, stop) in enumerate(zip(self._starts, self._starts[1:])):
            rows = self.live[slice(*np.searchsorted(self.live, [start, stop]))]
            if len(rows):
                values = self._load(column, home)  # not kept open: all are read once
                yield rows, values if len(rows) == stop - start else values[rows - start]

    def count_live(self):
        """Returns int64[segments]: the live images of each."""
        return np.diff(np.searchsorted(self.live, self._starts))

    def _open(self, column, home):
        """Returns a segment's column, memory-mapped; the files used last are kept open."""
        key = (column, home)
        if key not in self._files:
            self._files[key] = self._load(column, home)
            if len(self._files) > _OPEN_FILES:
                self._files.popitem(last=False)
        self._files.move_to_end(key)
        return self._files[key]

    def _load(self, column, home):
        entry = self.manifest.segments[home]
        try:
            return read_column(self.folder, entry, column, self.manifest.columns[column])
        except FileNotFoundError as error:
            raise InputError(
                f"{error.filename}: gone, because another process tidied the index meanwhile; give "
                "the command again."
            ) from error


def read_snapshot(folder):
    """Returns the present state of an index; None where there is none yet.

    Raises:
      InputError: if the index is damaged; names the file.
    """
    for _ in range(_ATTEMPTS):
        manifest = read_manifest(folder)
        if manifest is None:
            return None
        try:
            return Snapshot(folder, manifest)
        except FileNotFoundError as error:
            missing = error  # tidied away by another process, if the manifest is another one now
        if read_manifest(folder) == manifest:
            break
    raise InputError(
        f"{missing.filename}: missing; bring it back from a copy of the index, or remove the index "
        "folder and add the images again."
    ) from missing


def read_removed(folder, entry):
    """Returns int64[n], rising: ids of removed images that are still in segments."""
    if entry is None:
        return np.zeros(0, np.int64)
    path = os.path.join(folder, entry["name"])
    check_size(path, entry["bytes"])
    ids = np.fromfile(path, "<i8")
    if len(ids) != entry["count"] or np.any(np.diff(ids) <= 0):
        raise explain_damage(path, f"{len(ids)} ids")
    return ids
