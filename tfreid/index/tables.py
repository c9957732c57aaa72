"""The rows of a store in SQLite: what `View` and `Change` read and write."""

import itertools

from tfreid.index.rows import COLUMNS, VECTORS, Image

SCHEMA = (
    """CREATE TABLE images (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, pid INTEGER,
  camid INTEGER, size INTEGER NOT NULL, mtime INTEGER NOT NULL, digest BLOB NOT NULL,
  vectors_sum INTEGER NOT NULL, keys_sum INTEGER, values_sum INTEGER, checksum INTEGER NOT NULL)""",
    # A table of its own, so that a list of the images need not pass over their features.
    """CREATE TABLE features (id INTEGER PRIMARY KEY, vectors BLOB NOT NULL, keys BLOB,
  "values" BLOB)""",
    "CREATE TABLE state (fields TEXT NOT NULL, checksum INTEGER NOT NULL)",
)
INSERT_STATE = "INSERT INTO state VALUES (?, ?)"
# SQLite takes 32,766 of them since version 3.32 (2020), and took 999 before.
_ROWS = 1000  # that one statement names


class Tables:
    """The tables behind one connection.

    Attributes:
      connection: `sqlite3.Connection` in a transaction.
    """

    def __init__(self, connection):
        self.connection = connection

    def read_state(self):
        """Yields (fields as JSON, their checksum): one row, unless it is damaged."""
        return self._select("SELECT fields, checksum FROM state")

    def list_sums(self):
        """Yields (id, checksum, sum of the vector) of all images, by id."""
        # NOT INDEXED: in the table's own order, by id; the index of paths has another.
        return self._select("SELECT id, checksum, vectors_sum FROM images NOT INDEXED ORDER BY id")

    def list_images(self):
        """Yields rows, the fields of an `Image` and its checksum, of all, by id."""
        return self._select("SELECT * FROM images NOT INDEXED ORDER BY id")

    def find_images(self, column, values):
        """Yields the rows whose column, "id" or "path", has one of the values."""
        return self._select_some(f"SELECT * FROM images WHERE {column}", values)

    def read_features(self, columns, ids):
        """Yields (id, bytes of each column, sum of each) of images, in no order."""
        return self._select_some(f"{_name_features(columns)} WHERE id", ids)

    def scan_vectors(self):
        """Yields (id, bytes of the vector, its sum) of all images, by id."""
        return self._select(f"{_name_features((VECTORS,))} ORDER BY id")

    def insert(self, images, checksums, columns):
        """Adds rows: [`Image`, ...], their checksums and {column: array [n, ...]}."""
        blobs = [columns.get(name, itertools.repeat(None)) for name in COLUMNS]
        ids = [image.id for image in images]
        self.connection.executemany("INSERT INTO features VALUES (?, ?, ?, ?)", zip(ids, *blobs))
        self.connection.executemany(
            f"INSERT INTO images VALUES ({'?, ' * len(Image._fields)}?)",
            [(*image, checksum) for image, checksum in zip(images, checksums)],
        )

    def remove(self, ids):
        """Removes rows by their ids."""
        for table in ("images", "features"):
            statement = f"DELETE FROM {table} WHERE id = ?"
            self.connection.executemany(statement, [(number,) for number in ids])

    def write_state(self, fields, checksum):
        """Puts a state in the old one's place."""
        self.connection.execute("UPDATE state SET fields = ?, checksum = ?", (fields, checksum))

    def _select(self, statement, values=()):
        return self.connection.execute(statement, values)

    def _select_some(self, statement, values):
        """Yields the rows whose column, the statement's last word, has one of the values."""
        for start in range(0, len(values), _ROWS):
            part = values[start : start + _ROWS]
            yield from self._select(f"{statement} IN ({','.join('?' * len(part))})", part)


def _name_features(columns):
    names = ", ".join([f'"{name}"' for name in columns] + [f"{name}_sum" for name in columns])
    return f"SELECT id, {names} FROM features JOIN images USING (id)"
