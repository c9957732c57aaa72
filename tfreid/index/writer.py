"""Changes of an index. Each is one new manifest: whoever is killed leaves the old state or the new.

Files are written first, then the manifest that names them; what a crash left unnamed is removed by
the next writer.
"""

import contextlib
import dataclasses
import os

import numpy as np

from tfreid.errors import InputError
from tfreid.index.durable import make_folder, remove, write_file
from tfreid.index.lock import hold_lock
from tfreid.index.manifest import NAME, Manifest, read_manifest, write_manifest
from tfreid.index.segments import FOLDER, name_segment, read_items, write_segment
from tfreid.index.snapshot import read_removed, read_snapshot

APPROXIMATE = "approximate"


@contextlib.contextmanager
def open_writer(folder, model=None):
    """Yields a `Writer` that holds the index's lock; makes the index where there is none.

    Args:
      folder: the index folder.
      model: {"system", "fingerprint", "name"} for a new index; None: it must exist.

    Raises:
      InputError: if another process writes, the folder cannot be written, holds something else or a
        damaged index, or there is no index and no model.
    """
    if read_manifest(folder) is None and model is None:
        raise explain_no_index(folder)
    make_folder(folder)
    with hold_lock(folder):
        if read_manifest(folder) is None:
            write_manifest(folder, Manifest(model))
        read_snapshot(folder)  # nothing is removed as a stray from a damaged index
        writer = Writer(folder)
        writer.remove_strays()
        yield writer


def explain_no_index(folder):
    """Returns the `InputError` for a folder without an index."""
    return InputError(
        f"--index={folder}: no index lives there; make one by --index={folder or 'I'} --add=FOLDER."
    )


class Writer:
    """Changes an index whose lock is held.

    Attributes:
      folder: the index folder.
      manifest: the `Manifest` of its present state.
    """

    def __init__(self, folder):
        self.folder = folder
        self.manifest = read_manifest(folder)

    def add(self, items, columns, replaced=()):
        """Adds images, and removes those that they replace, at once.

        Args:
          items: `Items`; their ids are given here, whatever they are.
          columns: {column: array [n, ...]}.
          replaced: ids of images that are removed.

        Returns:
          int64[n], the ids given.

        Raises:
          InputError: if the columns are not those of the index, or the disk refuses them.
        """
        forms = {name: _describe(values) for name, values in columns.items()}
        if self.manifest.columns and forms != self.manifest.columns:
            raise InputError(
                f"--index={self.folder}: keeps {self.manifest.columns}, but the model makes "
                f"{forms}; use the model that the index was made with."
            )
        first = self.manifest.next_id
        items = dataclasses.replace(items, ids=np.arange(first, first + len(items)))
        entry = self._write_segment(items, columns)
        self._commit(
            columns=forms,
            next_id=first + len(items),
            next_segment=self.manifest.next_segment + 1,
            segments=(*self.manifest.segments, entry),
            removed=self._write_removed(replaced),
        )
        return items.ids

    def remove(self, ids):
        """Removes images by their ids: hides them, until `tidy` drops them."""
        if len(ids):
            self._commit(removed=self._write_removed(ids))

    def rewrite(self, groups):
        """Replaces groups of neighboring segments by one each, without what was removed.

        Args:
          groups: [(number of segments, None to keep them or else (`Items`, columns))] in order;
            items may be empty, then nothing comes in the segments' place.
        """
        segments, number = [], 0
        next_segment, old = self.manifest.next_segment, self.manifest.segments
        for count, content in groups:
            taken, number = old[number : number + count], number + count
            if content is None:
                segments += taken
            elif len(content[0]):
                name = name_segment(next_segment)
                segments.append(write_segment(self.folder, name, *content))
                next_segment += 1
        kept = {entry["name"] for entry in segments}
        self._commit(
            segments=tuple(segments),
            next_segment=next_segment,
            removed=self._write_removed((), [e for e in old if e["name"] not in kept]),
        )

    def set_calibration(self, calibration):
        """Keeps a calibration, as `Calibration.to_json` returns it."""
        self._commit(calibration=calibration)

    def set_approximate(self, kind, entry):
        """Names the files of an approximate index, which are there already."""
        self._commit(approximate={**self.manifest.approximate, kind: entry})

    def remove_strays(self):
        """Removes files of ours that the manifest does not name."""
        remove(os.path.join(self.folder, f"{NAME}.tmp"))
        named = {entry["name"] for entry in self.manifest.segments}
        self._clean(os.path.join(self.folder, FOLDER), named, "")
        named = {entry["name"] for entry in self.manifest.approximate.values()}
        self._clean(os.path.join(self.folder, APPROXIMATE), named, "")
        removed = self.manifest.removed
        self._clean(self.folder, {removed["name"]} if removed else (), "removed-")

    def _clean(self, folder, named, prefix):
        for name in os.listdir(folder) if os.path.isdir(folder) else ():
            if name.startswith(prefix) and name not in named:
                remove(os.path.join(folder, name))

    def _write_segment(self, items, columns):
        name = name_segment(self.manifest.next_segment)
        return write_segment(self.folder, name, items, columns)

    def _write_removed(self, ids, dropped=()):
        """Returns the entry of a new file of removed ids; None where none is left.

        Args:
          ids: removed now.
          dropped: entries of segments that go, and what was removed from them with them.
        """
        if not len(ids) and not dropped:
            return self.manifest.removed
        old = read_removed(self.folder, self.manifest.removed)
        every = np.union1d(old, np.asarray(ids, np.int64))
        if dropped:
            every = every[np.isin(every, self._list_ids(dropped), invert=True)]
        if not len(every):
            return None
        name = f"removed-{self.manifest.generation + 1:06d}.ids"
        size = write_file(os.path.join(self.folder, name), [every.astype("<i8").tobytes()])
        return {"name": name, "bytes": size, "count": len(every)}

    def _list_ids(self, entries):
        return np.concatenate([read_items(self.folder, entry).ids for entry in entries])

    def _commit(self, **fields):
        manifest = self.manifest.change(**fields)
        write_manifest(self.folder, manifest)
        self.manifest = manifest
        self.remove_strays()


def _describe(values):
    """Returns a column's form in the manifest."""
    return {"dtype": np.dtype(values.dtype).str, "shape": list(values.shape[1:])}
