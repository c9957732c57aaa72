"""Files of a folder that are numbered by their names, as frames are."""

import os
import re

from tfreid.errors import InputError

_NUMBER = re.compile(r"(\d+)\D*$")  # the last one of a name


def list_numbered(folder, suffixes):
    """Returns {number: path} of a folder's files whose names end in numbers, in rising order.

    Args:
      folder: the folder; hidden files in it and names without a number are left aside.
      suffixes: lower-case endings of the files that count.

    Raises:
      InputError: where it cannot be listed, has no such file, or two of one number, as of two
        cameras.
    """
    try:
        names = sorted(name for name in os.listdir(folder) if not name.startswith("."))
    except OSError as error:
        raise InputError(f"{folder}: cannot be listed ({error.strerror}).") from error
    found = {}
    for name in names:
        number = _find_number(name)
        if number is None or not name.lower().endswith(suffixes):
            continue
        if number in found:
            raise InputError(
                f"{folder}: {os.path.basename(found[number])} and {name} are both frame {number}; "
                "give each camera a folder of its own."
            )
        found[number] = os.path.join(folder, name)
    if not found:
        raise InputError(
            f"{folder}: no {', '.join(suffixes)} files in it whose names end in a frame's number."
        )
    return dict(sorted(found.items()))


def _find_number(name):
    """Returns the last number in a file's name without its suffix; None without any."""
    found = _NUMBER.search(os.path.splitext(name)[0])
    return int(found[1]) if found else None
