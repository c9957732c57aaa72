"""One writer at a time."""

import contextlib
import fcntl
import os

from tfreid.errors import InputError
from tfreid.index.durable import explain_write_error

NAME = "lock"


@contextlib.contextmanager
def hold_lock(folder):
    """Holds the index folder's lock; the system lets go of it when the process ends, however.

    Raises:
      InputError: if another process holds it, named by its number, or the folder cannot be written
        or locked.
    """
    path = os.path.join(folder, NAME)
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise explain_write_error(path, error) from error
    try:
        _lock(handle, folder)
        yield
    finally:
        os.close(handle)


def _lock(handle, folder):
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(handle, 32, 0).decode("ascii", "replace").strip()
        raise InputError(
            f"--index={folder}: another process ({holder or 'unknown'}) is changing it; wait until "
            "it is done, then give the command again."
        ) from None
    except OSError as error:
        raise InputError(
            f"--index={folder}: cannot be locked ({error.strerror}); give a folder on a disk "
            "that has locks, which some network drives lack."
        ) from error
    try:
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
    except OSError:
        pass  # a full disk: the number is for messages only
