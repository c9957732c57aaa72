"""One state of the store as a search sees it. Damage is told before it becomes an answer.

SQLite finds damage of its own pages only by chance. So every row has a checksum, every feature a
sum, and the state a sum over all rows.
"""

import json
import zlib

import numpy as np

from tfreid.index.refusals import explain_damage
from tfreid.index.rows import VECTORS, Image, State, sum_rows, weigh

_ROWS = 1000  # that one statement names, or one step reads
_TOLD = 5  # damaged images that are named


class View:
    """One state of a store.

    Attributes:
      state: `State`.
    """

    def __init__(self, connection, path):
        self._connection, self._path, self._listed = connection, path, None
        self.state = self._read_state()

    def list_ids(self):
        """Returns (int64[N], rising: all ids, int64[N]: the sums of their vectors)."""
        if self._listed:
            return self._listed
        rows = self._fetch("SELECT id, checksum, vectors_sum FROM images NOT INDEXED ORDER BY id")
        try:
            ids, checksums, sums = np.array(rows, np.int64).reshape(-1, 3).T
        except (TypeError, ValueError, OverflowError) as error:
            raise explain_damage(self._path, "a list of images that is none") from error
        if len(ids) != self.state.images or weigh(ids, checksums) != self.state.total:
            raise explain_damage(self._path, "images are missing, or are others than were added")
        self._listed = ids, sums
        return self._listed

    def list_images(self):
        """Returns [`Image`, ...] of all, by id."""
        self.list_ids()
        return self._to_images(self._fetch("SELECT * FROM images NOT INDEXED ORDER BY id"))

    def read_images(self, ids):
        """Returns {id: `Image`} of those that are there."""
        rows = self._fetch_some("SELECT * FROM images WHERE id", to_ints(ids))
        return {image.id: image for image in self._to_images(rows)}

    def read_features(self, ids, columns=(VECTORS,)):
        """Returns {column: array [n, ...]} of images, int64[n], which must be there."""
        ids = to_ints(ids)
        images = self.read_images(ids)
        found = self._fetch_some(f"SELECT id, {_quote(columns)} FROM features WHERE id", ids)
        rows = {row[0]: row for row in found}
        self._refuse([number for number in ids if number not in rows or number not in images])
        arrays = self._stack([rows[number] for number in ids], columns)
        for name, values in arrays.items():
            sums = [getattr(images[number], f"{name}_sum") for number in ids]
            self._refuse_others(ids, sums, values)
        return arrays

    def scan_vectors(self):
        """Yields (int64[n], rising: ids, float32[n, D]) of all, some at a time."""
        ids, sums = self.list_ids()
        cursor = self._connection.execute("SELECT id, vectors FROM features ORDER BY id")
        for start in range(0, len(ids), _ROWS):
            part = ids[start : start + _ROWS]
            rows = cursor.fetchmany(_ROWS)
            if [row[0] for row in rows] != part.tolist():
                raise explain_damage(self._path, "features are missing")
            vectors = self._stack(rows, (VECTORS,))[VECTORS]
            self._refuse_others(part, sums[start : start + _ROWS], vectors)
            yield part, vectors

    def _read_state(self):
        rows = self._fetch("SELECT fields, checksum FROM state")
        try:
            ((text, checksum),) = rows
            if zlib.crc32(text.encode()) == checksum:
                return State(**json.loads(text))
        except (TypeError, ValueError, AttributeError):
            pass
        raise explain_damage(self._path, "its state")

    def _fetch(self, statement, values=()):
        return self._connection.execute(statement, values).fetchall()

    def _fetch_some(self, statement, values):
        """Returns the rows whose column, the statement's last word, has one of the values."""
        rows = []
        for start in range(0, len(values), _ROWS):
            part = values[start : start + _ROWS]
            rows += self._fetch(f"{statement} IN ({','.join('?' * len(part))})", part)
        return rows

    def _to_images(self, rows):
        images = [Image(*row[:-1]) for row in rows]
        self._refuse([image.id for image, row in zip(images, rows) if image.checksum != row[-1]])
        return images

    def _refuse_others(self, ids, sums, values):
        """Raises for features that are not those that were added."""
        self._refuse([ids[place] for place in np.flatnonzero(sum_rows(values) != np.array(sums))])

    def _refuse(self, damaged):
        """Raises for images whose rows are not as they were written."""
        if damaged:
            told = ", ".join(map(str, damaged[:_TOLD]))
            more = f" and {len(damaged) - _TOLD} more" if len(damaged) > _TOLD else ""
            raise explain_damage(self._path, f"image {told}{more}")

    def _stack(self, rows, columns):
        """Returns {column: array [n, ...]} of the blobs that follow each row's id."""
        arrays = {}
        for place, name in enumerate(columns, start=1):
            form = self.state.columns[name]
            try:
                values = np.frombuffer(b"".join([row[place] for row in rows]), form["dtype"])
                arrays[name] = values.reshape(len(rows), *form["shape"])
            except (TypeError, ValueError) as error:
                raise explain_damage(self._path, f"{name} of another form") from error
        return arrays


def to_ints(ids):
    """Returns numbers of numpy's, or of whatever kind, as SQLite takes them: [int, ...]."""
    return [int(number) for number in ids]


def _quote(columns):
    return ", ".join(f'"{name}"' for name in columns)
