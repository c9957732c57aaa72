"""One SQLite file in a folder: how it is made and opened, and what its refusals mean in words.

Changes reach the disk before they count (WAL, synchronous=FULL). Links are never followed.
"""

import concurrent.futures
import contextlib
import os
import sqlite3
import threading

from tfreid.files import flush, take_back_empty
from tfreid.index.log import HeldLog, connect, count_changes, empty_log, read_pragma
from tfreid.index.refusals import (
    NAME,
    BusyError,
    DiskFullError,
    check_file,
    check_new,
    explain_no_index,
    explain_older,
    explain_refusals,
    explain_write_error,
)
from tfreid.index.reserve import Reserve

_PAGE = 32768  # holds five vectors of 1,536 dimensions: a scan reads few bytes beside them
_MAPPED = 2**40  # bytes of the file that are read through memory: three times as fast
_SHRINK_PATIENCE = 100  # milliseconds: it waits for readers while it keeps writers waiting
_FREED = 64  # pages that are given back at a time
_BESIDE = ("", "-wal", "-shm", "-journal")
_FORMAT = 0x7F1D0003  # the application_id; user_version counts the changes
_OLDER = 0, 2  # what these were before they had this meaning


class Database:
    """The database of a folder; any number of processes may each use their own.

    Attributes:
      folder: the folder.
      path: the file.
      reserve: `Reserve`, beside it.
    """

    def __init__(self, folder, schema):
        """Names a database, which need not exist; `schema` is its CREATE TABLE statements."""
        self.folder, self.path = folder, os.path.join(folder, NAME)
        self.reserve = Reserve(folder)
        self._schema, self._log = tuple(schema), None

    def exists(self):
        """Returns whether it is there.

        Raises:
          InputError: where the folder holds something else, a link, or an index of another format.
        """
        for suffix in _BESIDE:
            check_file(self.path + suffix, is_written=bool(suffix))  # by readers, too
        if os.path.lexists(self.path):
            return True
        check_new(self.folder)
        return False

    def create(self, fill):
        """Makes it where there is none; `fill`, given a connection, puts the first rows in."""
        if self.exists():
            return
        aside = f"{self.path}.{os.getpid()}-{threading.get_ident()}.tmp"
        try:
            with take_back_empty(self.folder), explain_refusals(self.folder, self.path):
                os.makedirs(self.folder, exist_ok=True)
                try:
                    self._write(aside, fill)
                    _name_new(aside, self.path)
                finally:
                    for suffix in _BESIDE:
                        with contextlib.suppress(OSError):
                            os.remove(aside + suffix)
        except OSError as error:
            raise explain_write_error(self.path, error.strerror or str(error)) from error

    @contextlib.contextmanager
    def read(self):
        """Yields a connection that sees one state until the end, whatever others write.

        Raises:
          InputError: where there is no database, or it is damaged.
        """
        self._require()
        with (
            explain_refusals(self.folder, self.path),
            contextlib.closing(self._open_to_read()) as connection,
        ):
            yield connection

    @contextlib.contextmanager
    def write(self):
        """Yields a connection whose changes count together at the end, or not at all.

        Raises:
          InputError: where there is no database, it is damaged, or the disk refuses;
            `DiskFullError` if it has no space.
        """
        self._require(to_write=True)
        if self._log:
            self._log.begin_change()
        with self._open_to_write() as connection:
            # The lock at once: SQLite does not wait for one that is asked for after a reading.
            connection.execute("BEGIN IMMEDIATE")
            changes, pages = count_changes(connection) + 1, read_pragma(connection, "page_count")
            yield connection
            # Within the transaction: it counts only together with the change.
            connection.execute(f"PRAGMA user_version={changes}")
            pages = read_pragma(connection, "page_count") - pages
            connection.execute("COMMIT")
        self.reserve.write(changes)
        if self._log:
            self._log.end_change(pages)

    @contextlib.contextmanager
    def held(self):
        """Keeps the log until the end; else each change has its own, moved to the file at once."""
        self._require(to_write=True)
        connection = contextlib.closing(connect(self.path, "mode=rw", check_same_thread=False))
        mover = concurrent.futures.ThreadPoolExecutor(1)
        with explain_refusals(self.folder, self.path), connection as log, mover:
            self._log = HeldLog(log, mover)
            try:
                yield
            finally:
                self._log = None

    def shrink(self):
        """Gives the space of what was removed back to the disk.

        Returns:
          Whether all of it is free: not while a search still reads, or where the disk is so full
          that nothing can be moved.
        """
        try:
            with self._open_to_write() as connection:
                connection.execute(f"PRAGMA busy_timeout={_SHRINK_PATIENCE}")
                while read_pragma(connection, "freelist_count"):
                    # To its end: SQLite frees a page for each step, and Python takes one only.
                    connection.execute(f"PRAGMA incremental_vacuum({_FREED})").fetchall()
                    # Each time: on a full disk the log must not grow.
                    if empty_log(connection):
                        return False
                if empty_log(connection):
                    return False
                self.reserve.write(count_changes(connection))
        except (DiskFullError, BusyError):
            return False
        return True

    def delete(self):
        """Removes the files of the database, and the folder if nothing else lies there.

        Behind a link the files are somebody else's, and stay.
        """
        if os.path.islink(self.folder):
            return
        for path in (*(self.path + suffix for suffix in _BESIDE), self.reserve.path):
            with contextlib.suppress(OSError):
                os.remove(path)
        with contextlib.suppress(OSError):
            os.rmdir(self.folder)

    def _require(self, to_write=False):
        if not self.exists():
            raise explain_no_index(self.folder)
        check_file(self.path, to_write)

    def _open_to_read(self):
        noted = self.reserve.read()
        try:
            return self._begin(connect(self.path, "mode=rw"), noted)
        except sqlite3.OperationalError:
            with contextlib.suppress(FileNotFoundError):
                if os.path.getsize(f"{self.path}-wal"):
                    raise
            # Its -shm cannot be made: a folder that may not be written, or a full disk.
            return self._begin(connect(self.path, "mode=ro&immutable=1"), noted)

    def _begin(self, connection, noted):
        try:
            # The check reads first of all, and with the first reading the state is fixed.
            connection.execute("BEGIN")
            self._check(connection, noted)
            connection.execute(f"PRAGMA mmap_size={_MAPPED}")
            return connection
        except BaseException:
            connection.close()
            raise

    @contextlib.contextmanager
    def _open_to_write(self):
        noted = self.reserve.read()
        with (
            explain_refusals(self.folder, self.path),
            contextlib.closing(connect(self.path, "mode=rw")) as connection,
        ):
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA secure_delete=FAST")  # what was removed is overwritten
            self._check(connection, noted)
            yield connection

    def _check(self, connection, noted):
        """Raises where tables are not as they were made, or fewer changes are there than noted."""
        form = read_pragma(connection, "application_id")
        found = connection.execute("SELECT sql FROM sqlite_master WHERE type = 'table'").fetchall()
        changes = count_changes(connection)
        # Asked before the tables: an older index has others, and is not damaged.
        if (form, changes) == _OLDER:
            raise explain_older(self.folder)
        if form != _FORMAT or sorted(sql for (sql,) in found) != sorted(self._schema):
            raise sqlite3.DatabaseError(f"tables of another form, {form:#x}")
        if changes < noted:
            raise sqlite3.DatabaseError(
                f"the last {noted - changes} of {noted} changes are missing: its -wal file is "
                f"damaged or gone; to go on without them, remove {self.reserve.path}"
            )

    def _write(self, path, fill):
        with contextlib.closing(connect(path, "mode=rwc")) as connection:
            # Both before WAL and the first table: later only a copy of the file changes them.
            connection.execute(f"PRAGMA page_size={_PAGE}")
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("BEGIN IMMEDIATE")
            for statement in self._schema:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id={_FORMAT}")
            fill(connection)
            connection.execute("COMMIT")
            # Else closing does it, which hides a full disk: half a file would get the name.
            empty_log(connection)


def _name_new(aside, path):
    """Gives a new database its name, unless another process was faster."""
    try:
        # Unlike a rename it fails where another process has made one meanwhile.
        os.link(aside, path)
    except FileExistsError:
        pass
    except OSError:  # a file system without hard links
        os.rename(aside, path)
    flush(os.path.dirname(path))  # a file's name is an entry of its folder
