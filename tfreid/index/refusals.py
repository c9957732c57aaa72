"""What stands in the way of a database, in one line each."""

import contextlib
import glob
import os
import sqlite3
import stat

from tfreid.errors import InputError
from tfreid.index import reserve

NAME = "gallery.db"
PATIENCE = 60  # seconds to wait for another process's change, which takes milliseconds


class DiskFullError(InputError):
    """A change that the disk has no space for, and that did not happen."""


def check_file(path, is_written=False):
    """Raises for a link, a pipe or a folder in place of a file of the database.

    One that is written must not have a second name, either: it would change under both.
    """
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        mode = os.lstat(path).st_mode
        if not stat.S_ISREG(mode):
            what = "a link" if stat.S_ISLNK(mode) else "no file"
            raise InputError(f"{path}: is {what}; an index has its files in its own folder.")
        if is_written and _has_second_name(path):
            raise InputError(
                f"{path}: has a second name by a hard link, whose file would be changed, too; give "
                "the index a copy of its own."
            )


def _has_second_name(path):
    # A new database has one for a moment, and keeps it if its maker is killed right then.
    made = [os.lstat(name) for name in glob.glob(f"{glob.escape(path)}.*.tmp")]
    facts = os.lstat(path)  # last: it may lose that name meanwhile
    return facts.st_nlink > 1 + sum(os.path.samestat(facts, other) for other in made)


def check_new(folder):
    """Raises unless an index can begin in a folder."""
    if not os.path.lexists(folder):
        return
    try:
        names = sorted(name for name in os.listdir(folder) if not name.startswith(NAME))
    except OSError as error:
        reason = "a file; give a folder" if os.path.isfile(folder) else error.strerror
        raise InputError(f"index={folder}: {reason}.") from error
    if {"manifest.json", "segments"} <= set(names):
        raise explain_older(folder)
    if reserve.NAME in names:
        raise InputError(
            f"{os.path.join(folder, NAME)}: missing; bring it back from a copy of the index, or "
            "remove the folder and add the images again."
        )
    if names:
        raise InputError(
            f"index={folder}: holds no index, but {names[0]}; give a new folder or an index."
        )


def explain_older(folder):
    """Returns the `InputError` for an index that an earlier version made."""
    return InputError(
        f"index={folder}: an index of an older format; add its images to a new one, "
        "index=NEW add=FOLDER, calibrate that, and remove this folder."
    )


def explain_no_index(folder):
    """Returns the `InputError` for a folder without an index."""
    return InputError(
        f"index={folder}: no index lives there; make one by index={folder or 'I'} add=FOLDER."
    )


class BusyError(InputError):
    """A change that another process was in the way of, and that did not happen."""


@contextlib.contextmanager
def explain_refusals(folder, path):
    """Turns what SQLite says into one line."""
    try:
        yield
    except sqlite3.Error as error:
        raise _translate(folder, path, str(error)) from error


def _translate(folder, path, reason):
    if "is full" in reason or "disk I/O error" in reason:  # the latter: no space for its -shm
        return explain_write_error(path, reason, DiskFullError)
    if "locked" in reason:
        return BusyError(
            f"index={folder}: another process has been changing it for {PATIENCE} s; wait until "
            "it is done, then give the command again."
        )
    if "readonly" in reason or "unable to open" in reason:
        return explain_write_error(path, reason)
    return explain_damage(path, reason)


def explain_write_error(path, reason, kind=InputError):
    """Returns the `InputError` of a disk that refuses."""
    return kind(
        f"{path}: cannot be written ({reason}); check the folder's rights and the space on its "
        "disk. What was there before is kept."
    )


def explain_damage(path, reason):
    """Returns the `InputError` for a file that is not as it was written."""
    return InputError(
        f"{path}: damaged ({reason}); bring it back from a copy of the index, or remove the index "
        "folder and add the images again."
    )
