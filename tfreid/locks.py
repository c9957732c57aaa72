"""Locks between processes, which end with the process that holds them."""

import contextlib
import fcntl
import os

from tfreid.errors import InputError
from tfreid.files import take_back_empty

# File systems of one machine, and those of several whose locks the others see, too.
_LOCAL = {
    "bcachefs",
    "btrfs",
    "ext2",
    "ext3",
    "ext4",
    "f2fs",
    "overlay",
    "ramfs",
    "tmpfs",
    "xfs",
    "zfs",
}
_SHARED = {"ceph", "cifs", "gfs2", "gpfs", "lustre", "nfs", "nfs4", "ocfs2", "smb3", "beegfs"}
_MOUNTS = "/proc/self/mounts"
_LOCK = ".lock"  # in a folder
_SAFELY = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_LOCKED_HERE_ALONE = {"nolock", "localflock", "local_lock=flock", "local_lock=all", "noflock"}


class NoLocksError(OSError):
    """A file system that has no locks."""


@contextlib.contextmanager
def hold_folder(folder, refusal, name=_LOCK):
    """Holds the lock of a folder, which is made where missing, and goes again if it stays empty.

    Args:
      folder: its path.
      refusal: see `hold_lock`, which also says what is raised.
      name: of the lock file; "." for the folder itself.
    """
    with take_back_empty(folder):
        os.makedirs(folder, exist_ok=True)
        with hold_lock(os.path.join(folder, name), refusal):
            yield


@contextlib.contextmanager
def hold_lock(path, refusal):
    """Holds a lock file, which is made where missing; the lock ends with the process at the latest.

    Args:
      path: the lock file, or a folder that is there, which needs no file in it; a link is refused,
        since what it leads to is somebody else's.
      refusal: what to say where another process holds the lock.

    Raises:
      InputError: `refusal`.
      OSError: if the file cannot be opened; `NoLocksError` where its file system has no locks.
    """
    is_new = not os.path.lexists(path)
    with contextlib.ExitStack() as stack:
        while not _take(path, refusal, stack):
            pass
        try:
            yield
        except BaseException:
            if is_new:  # what fails at its first start leaves no file
                with contextlib.suppress(OSError):
                    os.remove(path)
            raise


def _take(path, refusal, stack):
    """Locks the file until the stack ends; returns whether nobody has removed it meanwhile."""
    handle = _open(path)
    stack.callback(os.close, handle)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise InputError(refusal) from error
    except OSError as error:
        raise NoLocksError(error.errno, error.strerror) from error
    try:
        return os.path.samestat(os.fstat(handle), os.lstat(path))
    except FileNotFoundError:
        return False


def _open(path):
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | _SAFELY, 0o666)
    except (IsADirectoryError, PermissionError):
        # A file that somebody else has made may be locked by whoever can read it.
        with contextlib.suppress(FileNotFoundError):
            return os.open(path, os.O_RDONLY | _SAFELY)
        raise


def find_lock_reach(path):
    """Returns why a lock on this file may not be seen by other machines; None where it is.

    Network file systems differ in this, and by their mount options; only Linux tells which it is.
    """
    kind, options = _find_mount(os.path.realpath(path))
    here_alone = _LOCKED_HERE_ALONE & set(options)
    if kind in _LOCAL or (kind in _SHARED and not here_alone):
        return None
    return (
        f"a file system of the kind {kind}{' with ' if here_alone else ''}{', '.join(here_alone)}"
    )


def _find_mount(path):
    """Returns (kind, options) of the file system of an absolute path without links."""
    found, best = ("unknown", ()), -1
    with contextlib.suppress(OSError), open(_MOUNTS, encoding="utf-8", errors="replace") as file:
        for _, place, kind, options, *_ in map(str.split, file):
            place = place.replace("\\040", " ").rstrip("/")
            if best <= len(place) and f"{path}/".startswith(f"{place}/"):
                found, best = (kind, tuple(options.split(","))), len(place)  # the last hides others
    return found
