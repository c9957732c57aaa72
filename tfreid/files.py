"""Files and folders that are never half there."""

import contextlib
import errno
import glob
import hashlib
import os
import pathlib
import re
import shutil
import stat
import tempfile
import time

from tfreid.errors import InputError
from tfreid.patience import call, pause

_A_DAY = 86_400  # seconds
_BLOCK_BYTES = 1 << 20
_UNREAD = {errno.EACCES, errno.EIO, errno.EPERM, errno.ESTALE, errno.ETIMEDOUT}
UNREADABLE = "check its disk and its rights"  # the cure for what `may_be_whole`
_PATTERN = re.compile(r"[][*?{}\\]")  # what makes TensorFlow look for other names than this


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
        # Atomic in one folder: whoever reads finds the old file or the new one.
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
    write_bytes(path, text.encode())


def write_bytes(path, content):
    """Writes a file by `write_aside`."""
    write_aside(path, lambda aside: pathlib.Path(aside).write_bytes(content))


def write_folder(folder, fill, is_whole=None, leftover_seconds=_A_DAY):
    """Fills a folder aside and puts it in place as a whole, where it replaces an older one.

    Of several processes that write one folder at once, the first to finish wins; the others use its
    work. What a process that was killed left aside goes with a later call.

    Args:
      folder: the folder; those above it are made where missing.
      fill: function that fills the empty folder whose name it is given.
      is_whole: function of a folder's name: whether it is there and complete, so that `fill` would
        give the same; None: nothing is replaced but an empty folder, whoever made it meanwhile.
      leftover_seconds: age at which what lies aside is nobody's work any more.

    Raises:
      OSError: if it cannot be written; what was there before is kept. FileExistsError where
        something is there that is not to be replaced.
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
        if is_whole is None:
            _put_in_free_place(filled, folder)
        elif not is_whole(folder):
            _put_in_place(filled, folder, is_whole)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


@contextlib.contextmanager
def take_back_empty(folder):
    """Where what is done meanwhile fails, removes the empty folders that came with it.

    So a command that was refused leaves nothing behind: of those below `folder`, itself, and those
    above it.
    """
    above = [os.path.abspath(folder)]
    before = _list(above[0])
    while not os.path.lexists(above[-1]):
        above.append(os.path.dirname(above[-1]))
    try:
        yield
    except BaseException:
        new = _list(above[0]) - before
        below = [place for each in new for place, *_ in os.walk(each, topdown=False)]
        for place in [*below, *above[:-1]]:
            with contextlib.suppress(OSError):
                os.rmdir(place)
        raise


def _list(folder):
    return {entry.path for entry in os.scandir(folder)} if os.path.isdir(folder) else set()


def flush(path):
    """Waits until a file's content, or a folder's list of names, is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def open_regular(path):
    """Opens a file for reading bytes; never waits for a pipe's writer.

    Raises:
      OSError: if it cannot be opened, or is a pipe, a socket or a device, which may never end.
    """
    # Else opening a pipe waits for whoever writes into it.
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        raise OSError(errno.EINVAL, "it is a pipe or a device")
    return open(handle, "rb")


def may_be_whole(error):
    """Returns whether a file that could not be read for that may yet be as it was written."""
    return getattr(error, "errno", None) in _UNREAD


def check_sha256(path, digest, reason, cure):
    """Raises `InputError` where a file cannot be read, or is another one than a sum says.

    Args:
      path: the file.
      digest: its SHA-256 in hex, as it should be.
      reason: what to say where it is not.
      cure: what to do then, and where it is missing; begins with its own punctuation.
    """
    try:
        found = compute_sha256(path)
    except OSError as error:
        cure = f"; {UNREADABLE}." if may_be_whole(error) else cure
        raise InputError(f"{path}: cannot be read ({error.strerror}){cure}") from error
    if found != digest:
        raise InputError(f"{path}: {reason}{cure}")


def compute_sha256(path):
    """Returns the hex digest of a file.

    Raises:
      OSError: where it cannot be read, or hangs.
    """
    return call(lambda path: _hash_file(path, hashlib.sha256()), path).hexdigest()


def digest_content(content):
    """Returns what a file is known by under every name: BLAKE2b of its bytes, 16 bytes."""
    return _start_digest(content).digest()


def digest_file(path):
    """Returns `digest_content` of a file; raises OSError where it cannot be read."""
    return _hash_file(path, _start_digest()).digest()


def _start_digest(content=b""):
    return hashlib.blake2b(content, digest_size=16)


def _hash_file(path, digest):
    with open_regular(path) as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
            with pause():  # it answers
                pass
    return digest


@contextlib.contextmanager
def name_plainly(path):
    """Yields a name of a file or folder in which TensorFlow sees no pattern.

    Readers of checkpoints and SavedModels look for all names that match, by the rules of a shell,
    and in runs/sona[1] find nothing, or what lies elsewhere. Such a path gets a link for the time.

    Args:
      path: its folder must be there; its last part may be the beginning of names.
    """
    folder, name = os.path.split(os.path.abspath(path))
    if not _PATTERN.search(folder):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="tfreid-") as place:
        if _PATTERN.search(place):
            raise InputError(
                f"TMPDIR={place}: give a folder without any of []{{}}*?\\ in its name."
            )
        link = os.path.join(place, "link")
        os.symlink(folder, link)
        yield os.path.join(link, name)


def _put_in_free_place(filled, folder):
    try:
        os.rename(filled, folder)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
            raise
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), folder) from error


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
