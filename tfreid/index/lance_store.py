"""The store in a bucket, s3://, gs:// or az://: one LanceDB table, by the extra tfreid[lance].

A row for each image, and one with the id 0 for the state. What changes becomes part of the table
together with its state, or not at all. Changes take turns by that row's `holder`: LanceDB repeats
a change that another was faster than, and by then the state would be another one.
"""

import contextlib
import datetime
import time
import uuid
import warnings

from tfreid.extras import import_extra
from tfreid.index.lance_tables import (
    EXTRA,
    LanceTables,
    explain_bucket,
    make_schema,
    make_state_row,
)
from tfreid.index.refusals import PATIENCE, BusyError, explain_no_index
from tfreid.index.rows import State
from tfreid.index.store import Change
from tfreid.index.view import View

_IMAGES, _CALIBRATING = "images", "calibrating"
_NO_TABLE = "was not found"
_LEASE = 300  # seconds after which whoever held the table is taken for dead
_OPTIONS = {"connect_timeout": "5 seconds", "client_max_retries": "2"}  # else it tries for minutes


class LanceStore:
    """The images at an address; the interface is that of `Store`.

    Attributes:
      folder: the address.
      path: the same, for messages.
    """

    def __init__(self, folder, table=_IMAGES):
        """Names a store; it need not exist."""
        self.folder = self.path = folder
        self._name, self._database = table, None

    def open_calibrating(self):
        """Returns the store of the features of a calibration that is not finished."""
        return LanceStore(self.folder, _CALIBRATING)

    def exists(self):
        """Returns whether there is an index; raises `InputError` where nobody can tell."""
        with explain_bucket(self.folder):
            return self._find() is not None

    def create(self, model):
        """Makes an empty index of a model, {"system", "fingerprint", "name"}, if there is none."""
        if self.exists():
            return
        with explain_bucket(self.folder):
            schema = make_schema()
            row = make_state_row(schema, *State(model).to_row())
            try:
                self._connect().create_table(self._name, row, schema=schema)
            except ValueError as error:
                if "already exists" not in str(error):  # another process was faster
                    raise

    @contextlib.contextmanager
    def read(self):
        """Yields a `View` of one state; raises `InputError` where there is no index."""
        yield View(LanceTables(self.folder, self._require()), self.path)

    @contextlib.contextmanager
    def write(self):
        """Yields a `Change`, which counts as a whole at the end or not at all.

        Raises:
          InputError: as `read`; `BusyError` where others have been changing it for a minute.
        """
        self._require()
        with explain_bucket(self.folder):
            holder = self._take_turn()
        end = time.monotonic() + _LEASE / 2  # the other half is for writing
        try:
            with explain_bucket(self.folder):
                table = self._open()
            change = Change(LanceTables(self.folder, table, holder), self.path)
            yield change
            if time.monotonic() > end:
                raise BusyError(f"index={self.folder}: a change took longer than its turn.")
            change.write_state()
        except BaseException:
            with explain_bucket(self.folder):
                _give_turn(self._open(), holder)
            raise

    @contextlib.contextmanager
    def held(self):
        """Puts the pieces of many small changes together at the end."""
        yield
        with explain_bucket(self.folder), _no_warnings():
            self._open().optimize()

    def shrink(self):
        """Writes the table anew, without what was removed, and removes older versions.

        A search that reads meanwhile fails. Returns whether the space is free: True.
        """
        with explain_bucket(self.folder):
            holder = self._take_turn()
            # A removal only marks rows: their vectors stay until the files are written anew.
            rows = self._open().search().to_batches()
            new = self._connect().create_table(self._name, rows, mode="overwrite")
            _give_turn(new, holder)
            with _no_warnings():
                new.optimize(cleanup_older_than=datetime.timedelta(0), delete_unverified=True)
        return True

    def delete(self):
        """Removes the table, if there is one."""
        with explain_bucket(self.folder):
            self._connect().drop_table(self._name, ignore_missing=True)

    def _require(self):
        """Returns the newest version of the table."""
        with explain_bucket(self.folder):
            table = self._find()
        if table is None:
            raise explain_no_index(self.folder)
        return table

    def _find(self):
        """Returns the same; None where there is no table."""
        try:
            return self._open()
        except ValueError as error:
            # LanceDB has no error of its own for it: only the words tell.
            if _NO_TABLE in str(error):
                return None
            raise

    def _connect(self):
        if self._database is None:
            options = None if self.folder.startswith(("file:", "memory:")) else _OPTIONS
            lancedb = import_extra("lancedb", EXTRA)
            self._database = lancedb.connect(self.folder, storage_options=options)
        return self._database

    def _open(self):
        return self._connect().open_table(self._name)

    def _take_turn(self):
        """Waits until nobody else changes the table; returns a name that holds it."""
        holder, end = uuid.uuid4().hex, time.monotonic() + PATIENCE
        while True:
            now, table = int(time.time()), self._open()
            free = f"id = 0 AND (holder IS NULL OR mtime < {now - _LEASE})"
            values = {"holder": holder, "mtime": now}
            # Asked first: an update of no row is a version of the table, too.
            if table.count_rows(free) and table.update(where=free, values=values).rows_updated:
                return holder
            if time.monotonic() > end:
                raise BusyError(
                    f"index={self.folder}: others have been changing it for {PATIENCE} s, or one "
                    f"was killed; it is free {_LEASE} s after its last change."
                )
            time.sleep(0.1)


def _give_turn(table, holder):
    """Lets others change a table, unless the change that was written has done so."""
    table.update(where=f"id = 0 AND holder = '{holder}'", values={"holder": None})


@contextlib.contextmanager
def _no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
