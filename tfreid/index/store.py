"""The store: images and their features in a folder's database, one row an image. All SQL is here.

SQLite finds damage of its own pages only by chance. So every row has a checksum, and the state a
sum over all rows: a flipped bit is told before it becomes an answer.
"""

import contextlib
import dataclasses
import json
import zlib

import numpy as np

from tfreid.errors import InputError
from tfreid.index.database import Database
from tfreid.index.refusals import explain_damage
from tfreid.index.rows import (
    COLUMNS,
    MODULUS,
    VECTORS,
    Image,
    State,
    describe,
    is_same,
    sum_rows,
    weigh,
)

_ROWS = 1000  # that one statement names, or one step reads
_TOLD = 5  # damaged images that are named

_SCHEMA = (
    """CREATE TABLE images (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, pid INTEGER,
  camid INTEGER, size INTEGER NOT NULL, mtime INTEGER NOT NULL, digest BLOB NOT NULL,
  vectors_sum INTEGER NOT NULL, keys_sum INTEGER, values_sum INTEGER, checksum INTEGER NOT NULL)""",
    # A table of its own, so that a list of the images need not pass over their features.
    """CREATE TABLE features (id INTEGER PRIMARY KEY, vectors BLOB NOT NULL, keys BLOB,
  "values" BLOB)""",
    "CREATE TABLE state (fields TEXT NOT NULL, checksum INTEGER NOT NULL)",
)
_INSERT_STATE = "INSERT INTO state VALUES (?, ?)"


class Store:
    """The images of a folder; any number of processes and threads may each have their own.

    Attributes:
      folder: the folder.
      path: the database file, for messages.
    """

    def __init__(self, folder):
        self._database = Database(folder, _SCHEMA)
        self.folder, self.path = folder, self._database.path
        self.exists = self._database.exists
        self.shrink = self._database.shrink
        self.give_reserve = self._database.give_reserve
        self.delete = self._database.delete

    def create(self, model):
        """Makes an empty index of a model, {"system", "fingerprint", "name"}, if there is none."""
        row = State(model).to_row()
        self._database.create(lambda database: database.execute(_INSERT_STATE, row))

    @contextlib.contextmanager
    def read(self):
        """Yields a `View`; raises `InputError` where there is no index, or it is damaged."""
        with self._database.read() as connection:
            yield View(connection, self.path)

    @contextlib.contextmanager
    def write(self):
        """Yields a `Change`, which counts as a whole at the end or not at all.

        Raises:
          InputError: as `read`, or where the disk refuses: `DiskFullError` if it has no space.
        """
        with self._database.write() as connection:
            change = Change(connection, self.path)
            yield change
            change.write_state()


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
        rows = self._fetch_some("SELECT * FROM images WHERE id", _to_ints(ids))
        return {image.id: image for image in self._to_images(rows)}

    def read_features(self, ids, columns=(VECTORS,)):
        """Returns {column: array [n, ...]} of images, int64[n], which must be there."""
        ids = _to_ints(ids)
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


class Change(View):
    """A state that is being changed."""

    def add(self, images, columns):
        """Adds images; an image of the same path is removed first, unless it is the same.

        Args:
          images: [`Image`, ...]; their ids are given here.
          columns: {column: array [n, ...]}.

        Returns:
          ([`Image`, ...] added, with their ids; number of these that took another's place).

        Raises:
          InputError: if the columns are not those of the index.
        """
        self._check_columns(columns)
        paths = [image.path for image in images]
        known = self._to_images(self._fetch_some("SELECT * FROM images WHERE path", paths))
        old = {image.path: image for image in known}
        new = [row for row, image in enumerate(images) if not is_same(image, old.get(image.path))]
        replaced = [old[paths[row]].id for row in new if paths[row] in old]
        self.remove(replaced)
        first = self.state.next_id
        images = [images[row]._replace(id=first + place) for place, row in enumerate(new)]
        images = self._insert(images, {name: values[new] for name, values in columns.items()})
        self._set(next_id=first + len(new))
        return images, len(replaced)

    def remove(self, ids):
        """Removes images by their ids; those that are gone already are passed over."""
        rows = self._fetch_some("SELECT id, checksum FROM images WHERE id", _to_ints(ids))
        for table in ("images", "features"):
            statement = f"DELETE FROM {table} WHERE id = ?"
            self._connection.executemany(statement, [(number,) for number, _ in rows])
        if rows:
            self._count(-1, *zip(*rows))

    def set_calibration(self, calibration):
        """Keeps a calibration, as `Calibration.to_json` returns it."""
        self._set(calibration=calibration)

    def write_state(self):
        """Writes what holds for the index as a whole."""
        self._connection.execute("UPDATE state SET fields = ?, checksum = ?", self.state.to_row())

    def _check_columns(self, columns):
        forms = {name: describe(values) for name, values in columns.items()}
        if self.state.columns and forms != self.state.columns:
            raise InputError(
                f"{self._path}: keeps {self.state.columns}, but the model makes {forms}; use the "
                "model that the index was made with."
            )
        self._set(columns=forms)

    def _insert(self, images, columns):
        """Adds rows; returns the images with the sums of their features."""
        if not images:
            return []
        sums = {f"{name}_sum": sum_rows(values).tolist() for name, values in columns.items()}
        images = [
            image._replace(**{name: values[place] for name, values in sums.items()})
            for place, image in enumerate(images)
        ]
        features = [
            (
                image.id,
                *(columns[name][place].tobytes() if name in columns else None for name in COLUMNS),
            )
            for place, image in enumerate(images)
        ]
        checksums = [image.checksum for image in images]
        self._connection.executemany("INSERT INTO features VALUES (?, ?, ?, ?)", features)
        self._connection.executemany(
            f"INSERT INTO images VALUES ({'?, ' * len(Image._fields)}?)",
            [(*image, checksum) for image, checksum in zip(images, checksums)],
        )
        self._count(1, [image.id for image in images], checksums)
        return images

    def _count(self, sign, ids, checksums):
        """Notes that rows came (sign 1) or went (-1)."""
        state = self.state
        total = (state.total + sign * weigh(ids, checksums)) % MODULUS
        images, generation = state.images + sign * len(ids), state.generation + 1
        self._set(total=total, images=images, generation=generation)
        self._listed = None

    def _set(self, **fields):
        self.state = dataclasses.replace(self.state, **fields)


def _to_ints(ids):
    return [int(number) for number in ids]


def _quote(columns):
    return ", ".join(f'"{name}"' for name in columns)
