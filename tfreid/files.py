"""Files and folders that are never half there, and locks."""

import contextlib
import fcntl
import glob
import os
import shutil
import tempfile
import time

from tfreid.errors import InputError

_A_DAY = 86_400  # seconds


def write_aside(path, write):
    """Calls `write(temporary file name)`, then renames the file to `path`.

    A reader sees the old file or the new one, never half of one. Missing folders are made.

    Raises:
      InputError: if it cannot be written (a full disk, a read-only folder); nothing is left behind.
    """
    folder, name = os.path.split(os.path.abspath(path))
    aside = os.path.join(folder, f".{name}.{os.getpid()}.tmp")
    try:
        os.makedirs(folder, exist_ok=True)
        write(aside)
        os.replace(aside, path)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be written ({error.strerror or error}); check the folder's rights and "
            "the space on its disk."
        ) from error
    finally:
        if os.path.exists(aside):
            os.remove(aside)


def write_text(path, text):
    """Writes a text file by `write_aside`."""

    def write(aside):
        with open(aside, "w", encoding="utf-8") as file:
            file.write(text)

    write_aside(path, write)


def write_folder(folder, fill, is_whole, leftover_seconds=_A_DAY):
    """Fills a folder aside and puts it in place as a whole, where it replaces an older one.

    Of several processes that write one folder at once, the first to finish wins; the others use its
    work. What a process that was killed left aside goes with a later call.

    Args:
      folder: the folder; those above it are made where missing.
      fill: function that fills the empty folder whose name it is given.
      is_whole: function of a folder's name: whether it is there and complete, so that `fill` would
        give the same.
      leftover_seconds: age at which what lies aside is nobody's work any more.

    Raises:
      OSError: if it cannot be written; what was there before is kept.
    """
    folder = os.path.realpath(folder)
    parent, name = os.path.split(folder)
    os.makedirs(parent, exist_ok=True)
    _remove_leftovers(parent, name, leftover_seconds)
    aside = tempfile.mkdtemp(prefix=f".{name}-", dir=parent)
    try:
        # One below: `mkdtemp` lets nobody else read its folder, whatever the umask says.
        filled = os.path.join(aside, name)
        os.mkdir(filled)
        fill(filled)
        if not is_whole(folder):
            _put_in_place(filled, folder, is_whole)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


@contextlib.contextmanager
def hold_lock(path, refusal):
    """Holds a lock file, which is made where missing; the lock ends with the process at the latest.

    Args:
      path: the lock file, or a folder that is there, which needs no file in it; a link is refused,
        since what it leads to is somebody else's.
      refusal: what to say where another process holds the lock.

    Raises:
      InputError: `refusal`.
      OSError: if the file cannot be opened, or its file system has no locks.
    """
    flags = os.O_RDONLY if os.path.isdir(path) else os.O_RDWR | os.O_CREAT
    handle = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError(refusal) from error
        yield
    finally:
        os.close(handle)


def _put_in_place(filled, folder, is_whole):
    try:
        if os.path.lexists(folder):
            os.replace(folder, f"{filled}.old")  # goes with all that lies aside
        os.replace(filled, folder)
    except OSError:  # another process may have been faster by a moment
        if not is_whole(folder):
            raise


def _remove_leftovers(parent, name, seconds):
    for aside in glob.glob(os.path.join(glob.escape(parent), f".{glob.escape(name)}-*")):
        if time.time() - os.lstat(aside).st_mtime >= seconds:
            shutil.rmtree(aside, ignore_errors=True)
