"""Files that are never half there: written aside, then renamed."""

import os

from tfreid.errors import InputError


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
