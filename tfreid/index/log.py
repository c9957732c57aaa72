"""Connections to a database, and the log (WAL) that its changes are written to before its file."""

import contextlib
import os
import sqlite3
import urllib.parse

from tfreid.index.refusals import PATIENCE

_LEAST = 64  # pages added by a change; what is less SQLite moves when it has become more


def connect(path, how, **threads):
    """Returns a connection; `how` is SQLite's, such as "mode=rw"."""
    # Quoted: a name may hold ? or #, which end a path in an address.
    address = f"file:{urllib.parse.quote(os.fsencode(path))}?{how}"
    # No isolation level: Python would begin and end transactions by itself.
    return sqlite3.connect(address, uri=True, timeout=PATIENCE, isolation_level=None, **threads)


def read_pragma(connection, name):
    """Returns the first number that a pragma answers."""
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def count_changes(connection):
    """Returns the number of the last change."""
    return read_pragma(connection, "user_version")


def empty_log(connection):
    """Moves the log into the file; returns whether a reader was in the way."""
    return bool(read_pragma(connection, "wal_checkpoint(TRUNCATE)"))


class HeldLog:
    """Keeps the log during several changes, and moves it while the next one is made ready."""

    def __init__(self, connection, mover):
        """Takes a connection and an `Executor`, in whose thread it is used."""
        count_changes(connection)  # whoever has not read does not hold it
        self._connection, self._mover, self._moving = connection, mover, None

    def begin_change(self):
        """Waits for what is moved: a log that is written to meanwhile would grow on and on."""
        if self._moving:
            self._moving.result()

    def end_change(self, pages):
        """Begins to move the log, if a change has added so many pages."""
        if pages >= _LEAST:
            self._moving = self._mover.submit(self._move)

    def _move(self):
        with contextlib.suppress(sqlite3.Error):  # the change counts already; it is tried again
            # PASSIVE waits for nobody, and leaves what a reader needs.
            read_pragma(self._connection, "wal_checkpoint(PASSIVE)")
