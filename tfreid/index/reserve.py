"""A file beside the database: the number of its last change, and some megabytes to give away.

SQLite takes a damaged log for a short one, and would show an older state: the number tells of it.
The megabytes are freed before images are removed on a full disk: a change has to write before it
frees. Without the file both are missed, nothing else.
"""

import contextlib
import os
import struct
import zlib

NAME = "reserve"
_BYTES = 2**22
_NUMBER = struct.Struct("<QI")  # and its CRC-32


def open_no_link(path, flags):
    """An opener for `open` that refuses a link, and waits for no pipe's other end."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)


class Reserve:
    """The file of an index folder.

    Attributes:
      path: its name.
    """

    def __init__(self, folder):
        self.path = os.path.join(folder, NAME)

    def read(self):
        """Returns the number of the last change; 0 where it is not known."""
        try:
            with open(self.path, "rb", opener=open_no_link) as file:
                number, checksum = _NUMBER.unpack(file.read(_NUMBER.size))
        except (OSError, struct.error):
            return 0
        return number if checksum == _sum(number) else 0

    def write(self, number):
        """Notes a change, which counts already; makes the file where it is missing."""
        try:
            handle = open_no_link(self.path, os.O_WRONLY | os.O_CREAT)
        except OSError:
            return
        try:
            facts = os.fstat(handle)
            if facts.st_nlink == 1:  # else it is somebody else's, too
                if facts.st_size < _BYTES:
                    # Not truncate: a sparse file would hold no space back.
                    os.posix_fallocate(handle, 0, _BYTES)
                os.pwrite(handle, _NUMBER.pack(number, _sum(number)), 0)
        except OSError:
            self.remove()
        finally:
            os.close(handle)

    def remove(self):
        """Frees its space."""
        with contextlib.suppress(OSError):
            os.remove(self.path)


def _sum(number):
    return zlib.crc32(number.to_bytes(8, "little"))
