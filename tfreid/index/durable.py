"""Writing that survives a crash: what is named is whole and on the disk, or not there."""

import os
import shutil

from tfreid.errors import InputError


def write_file(path, chunks):
    """Writes a file aside, brings it to the disk and renames it to `path`.

    Args:
      path: the file; its folder exists.
      chunks: iterable of bytes-like objects.

    Returns:
      Its number of bytes.

    Raises:
      InputError: if it cannot be written; nothing is left behind.
    """
    aside = f"{path}.tmp"
    try:
        with open(aside, "wb") as file:
            for chunk in chunks:
                file.write(chunk)
            size = file.tell()
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
        _sync_folder(os.path.dirname(path))
        return size
    except OSError as error:
        remove(aside)
        raise explain_write_error(path, error) from error


def make_folder(path):
    """Makes a folder and those above it.

    Raises:
      InputError: if it cannot be made.
    """
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        raise explain_write_error(path, error) from error


def move_folder(aside, path):
    """Renames a folder that is finished, for good.

    Raises:
      InputError: if it cannot be renamed.
    """
    try:
        _sync_folder(aside)
        os.replace(aside, path)
        _sync_folder(os.path.dirname(path))
    except OSError as error:
        raise explain_write_error(path, error) from error


def _sync_folder(path):
    """Brings the names in a folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove(path):
    """Removes a file or a folder with what is in it; what cannot be removed stays."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
        return
    try:
        os.remove(path)
    except OSError:
        pass


def explain_write_error(path, error):
    """Returns the `InputError` of an `OSError`."""
    return InputError(
        f"{path}: cannot be written ({error.strerror or error}); check the folder's rights and the "
        "space on its disk. What was there before is kept."
    )
