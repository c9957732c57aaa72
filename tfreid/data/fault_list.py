"""All that a check found wrong as a CSV file, one line each: level, path, what."""

import os

from tfreid.data.csv_rows import write_rows
from tfreid.errors import InputError
from tfreid.escaping import escape_cell

COLUMNS = ("level", "path", "what")


def check_replaceable(path):
    """Raises `InputError` where something lies that is no such list: it would get lost."""
    if not os.path.lexists(path):
        return
    try:
        with open(path, encoding="utf-8") as file:
            is_list = file.readline() == ",".join(COLUMNS) + "\n"
    except (OSError, UnicodeDecodeError):
        is_list = False
    if not is_list:
        raise InputError(f"report={path}: is something else than a report; give another name.")


def write_faults(path, faults):
    """Writes [(level, path or "", what), ...]; see `check_replaceable`."""
    check_replaceable(path)
    write_rows(path, COLUMNS, [map(escape_cell, fault) for fault in faults])
