"""One state of the store as a search sees it. Damage is told before it becomes an answer.

SQLite finds damage of its own pages only by chance. So every row has a checksum, every feature a
sum, and the state a sum over all rows.
"""

import itertools
import json
import math
import zlib

import numpy as np

from tfreid.index.refusals import explain_damage
from tfreid.index.rows import VECTORS, Image, State, sum_rows, weigh

_ROWS = 1000  # that one step reads
_TOLD = 5  # damaged images that are named


class View:
    """One state of a store.

    Attributes:
      state: `State`.
    """

    def __init__(self, tables, path):
        """Reads the state; `tables` is `tables.Tables`, `path` is for messages."""
        self._tables, self._path, self._listed = tables, path, None
        self.state = self._read_state()

    def list_ids(self):
        """Returns (int64[N], rising: all ids, int64[N]: the sums of their vectors)."""
        if self._listed:
            return self._listed
        rows = self._tables.list_sums()
        try:
            # One flat array: as tuples, a million rows would take several times the memory.
            numbers = np.fromiter(itertools.chain.from_iterable(rows), np.int64)
            ids, checksums, sums = np.ascontiguousarray(numbers.reshape(-1, 3).T)
        except (TypeError, ValueError, OverflowError) as error:
            raise explain_damage(self._path, "a list of images that is none") from error
        # The sum over all tells of rows that are gone: the others' own checksums are right.
        if len(ids) != self.state.images or weigh(ids, checksums) != self.state.total:
            raise explain_damage(self._path, "images are missing, or are others than were added")
        self._listed = ids, sums
        return self._listed

    def list_images(self):
        """Returns [`Image`, ...] of all, by id."""
        self.list_ids()
        return self._to_images(self._tables.list_images())

    def read_images(self, ids):
        """Returns {id: `Image`} of those that are there."""
        rows = self._tables.find_images("id", to_ints(ids))
        return {image.id: image for image in self._to_images(rows)}

    def read_features(self, ids, columns=(VECTORS,)):
        """Returns {column: array [n, ...]} of images, int64[n], which must be there."""
        ids = to_ints(ids)
        places = {number: place for place, number in enumerate(dict.fromkeys(ids))}
        rows = self._tables.read_features(columns, list(places))
        arrays = self._take(places, rows, columns)
        if len(places) == len(ids):
            return arrays
        taken = [places[number] for number in ids]
        return {name: values[taken] for name, values in arrays.items()}

    def scan_vectors(self):
        """Yields (int64[n], rising: ids, float32[n, D]) of all, some at a time."""
        ids, _ = self.list_ids()
        rows = self._tables.scan_vectors()
        for start in range(0, len(ids), _ROWS):
            part = ids[start : start + _ROWS]
            found = itertools.islice(rows, len(part))
            places = {number: place for place, number in enumerate(part.tolist())}
            yield part, self._take(places, found, (VECTORS,))[VECTORS]

    def _read_state(self):
        try:
            ((text, checksum),) = self._tables.read_state()
            if zlib.crc32(text.encode()) == checksum:
                return State(**json.loads(text))
        except (TypeError, ValueError, AttributeError, RecursionError):
            pass
        raise explain_damage(self._path, "its state")

    def _to_images(self, rows):
        pairs = [(Image(*row[:-1]), row[-1]) for row in rows]
        self._refuse([image.id for image, checksum in pairs if image.checksum != checksum])
        return [image for image, _ in pairs]

    def _refuse(self, damaged):
        """Raises for images whose rows are not as they were written."""
        if damaged:
            told = ", ".join(map(str, damaged[:_TOLD]))
            more = f" and {len(damaged) - _TOLD} more" if len(damaged) > _TOLD else ""
            raise explain_damage(self._path, f"image {told}{more}")

    def _take(self, places, rows, columns):
        """Returns {column: array [n, ...]} of rows: id, features, their sums.

        Args:
          places: {id: row of the array}, in order; there must be a row for each.
        """
        forms = [self.state.columns[name] for name in columns]
        arrays = [np.empty((len(places), *form["shape"]), form["dtype"]) for form in forms]
        flat = [values.reshape(len(places), math.prod(values.shape[1:])) for values in arrays]
        sums = {}
        try:
            for number, *row in rows:  # each is copied while it is in the processor's cache
                for values, blob in zip(flat, row):
                    values[places[number]] = np.frombuffer(blob, values.dtype)
                sums[number] = row[len(columns) :]
        except (KeyError, TypeError, ValueError) as error:
            raise explain_damage(self._path, "features of another form") from error
        self._refuse([number for number in places if number not in sums])
        found = np.stack([sum_rows(values) for values in arrays], axis=1).tolist()
        self._refuse([number for number, own in zip(places, found) if own != sums[number]])
        return dict(zip(columns, arrays))


def to_ints(ids):
    """Returns numbers of numpy's, or of whatever kind, as SQLite takes them: [int, ...]."""
    return [int(number) for number in ids]
