"""Files of one JSON object a line, to which several processes may append."""

import contextlib
import errno
import fcntl
import json
import os
import stat

from absl import logging


def append_lines(path, *lines):
    """Appends lines at once; they are on the disk when this returns.

    What a killed process left of a line is removed first, so that the file always stays readable.

    Args:
      path: the file; made if absent.
      *lines: {name: number or text}; numbers, numpy's too, must be finite.

    Raises:
      OSError: if the file cannot be written.
      ValueError: for a number that is not finite; JSON has none.
    """
    texts = [json.dumps(line, allow_nan=False, default=_to_plain) + "\n" for line in lines]
    with open(path, "ab+", buffering=0) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):  # it may have no end
            raise OSError(errno.EINVAL, "it is a pipe or a device")
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(file, fcntl.LOCK_EX)
        _repair_end(file, path)
        _write(file, "".join(texts).encode())
        os.fsync(file.fileno())


def read_lines(path):
    """Returns the lines of such a file as dicts; [] without the file.

    Lines that are something else are passed over.
    """
    if not os.path.isfile(path):
        return []
    # A damaged line costs itself only, not the others.
    with open(path, encoding="utf-8", errors="replace") as file:
        return [row for row in map(_read_line, file) if isinstance(row, dict)]


def _read_line(line):
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _repair_end(file, path):
    """Leaves the file empty or ending in a line break."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 1))
    if file.read() in (b"", b"\n"):  # as a rule; a long file is not read for it
        return
    file.seek(0)
    kept, _, rest = file.read().rpartition(b"\n")
    # What begins otherwise is none of our lines: the file may be somebody else's, by a link.
    if rest.startswith(b"{") and _read_line(rest) is None:
        logging.warning("%s: removed its unfinished last line.", path)
        file.truncate(len(kept) + 1 if kept else 0)
    else:  # only the line break was missing
        _write(file, b"\n")


def _write(file, content):
    """Writes all of it: the operating system may take less at a time."""
    while content:
        content = content[file.write(content) :]


def _to_plain(value):
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"{value!r} has no JSON form.")
