"""The store: images and their features in a folder's database, one row an image."""

import contextlib
import dataclasses
import os

from tfreid.errors import InputError
from tfreid.index.database import Database
from tfreid.index.rows import (
    COLUMNS,
    MODULUS,
    Image,
    State,
    is_same,
    sum_rows,
    weigh,
)
from tfreid.index.tables import INSERT_STATE, SCHEMA, Tables
from tfreid.index.view import View, to_ints

_CALIBRATING = "calibrating"


class Store(Database):
    """The images of a folder; any number of processes and threads may each have their own."""

    def __init__(self, folder):
        """Names a store; it need not exist."""
        super().__init__(folder, SCHEMA)

    def open_calibrating(self):
        """Returns the `Store` of the features of a calibration that is not finished."""
        return Store(os.path.join(self.folder, _CALIBRATING))

    def create(self, model):
        """Makes an empty index of a model, {"system", "fingerprint", "name"}, if there is none."""
        row = State(model).to_row()
        super().create(lambda connection: connection.execute(INSERT_STATE, row))

    @contextlib.contextmanager
    def read(self):
        """Yields a `View`; raises `InputError` where there is no index, or it is damaged."""
        with super().read() as connection:
            yield View(Tables(connection), self.path)

    @contextlib.contextmanager
    def write(self):
        """Yields a `Change`, which counts as a whole at the end or not at all.

        Raises:
          InputError: as `read`, or where the disk refuses: `DiskFullError` if it has no space.
        """
        with super().write() as connection:
            change = Change(Tables(connection), self.path)
            yield change
            change.write_state()


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
        known = self._to_images(self._tables.find_images("path", paths))
        old = {image.path: image for image in known}
        new = [row for row, image in enumerate(images) if not is_same(image, old.get(image.path))]
        replaced = [old[paths[row]].id for row in new if paths[row] in old]
        # Before the new ones come: a path is unique in the table.
        self.remove(replaced)
        if len(new) < len(images):
            images = [images[row] for row in new]
            columns = {name: values[new] for name, values in columns.items()}
        return self._insert(images, columns) if new else [], len(replaced)

    def remove(self, ids):
        """Removes images by their ids; those that are gone already are passed over."""
        rows = [(row[0], row[-1]) for row in self._tables.find_images("id", to_ints(ids))]
        if rows:
            self._tables.remove([number for number, _ in rows])
            self._count(-1, *zip(*rows))

    def set_calibration(self, calibration):
        """Keeps a calibration, as `Calibration.to_json` returns it."""
        self._set(calibration=calibration)

    def write_state(self):
        """Writes what holds for the index as a whole."""
        self._tables.write_state(*self.state.to_row())

    def _check_columns(self, columns):
        forms = {
            name: {"dtype": values.dtype.str, "shape": list(values.shape[1:])}
            for name, values in columns.items()
        }
        if self.state.columns and forms != self.state.columns:
            raise InputError(
                f"{self._path}: keeps {self.state.columns}, but the model makes {forms}; use the "
                "model that the index was made with."
            )
        self._set(columns=forms)

    def _insert(self, images, columns):
        """Adds rows; returns the images with their ids and the sums of their features."""
        ids = range(self.state.next_id, self.state.next_id + len(images))
        sums = [
            sum_rows(columns[name]).tolist() if name in columns else [None] * len(images)
            for name in COLUMNS
        ]
        images = [
            Image(number, *image[1 : -len(COLUMNS)], *row)
            for image, number, *row in zip(images, ids, *sums)
        ]
        checksums = [image.checksum for image in images]
        self._tables.insert(images, checksums, columns)
        self._count(1, ids, checksums)
        self._set(next_id=ids.stop)
        return images

    def _count(self, sign, ids, checksums):
        """Notes that rows came (sign 1) or went (-1)."""
        state = self.state
        total = (state.total + sign * weigh(ids, checksums)) % MODULUS
        self._set(total=total, images=state.images + sign * len(ids))
        # The next list of ids is read anew.
        self._listed = None

    def _set(self, **fields):
        self.state = dataclasses.replace(self.state, **fields)
