"""Pickles of strangers: what they promise is compared with what is there, before it is read."""

import pickletools


def check_sizes(file, size):
    """Raises ValueError where the next pickle of a file promises more than the file holds.

    The unpickler makes room for what is promised before it looks whether it is there: for texts and
    bytes, and for as many things to be named again as the highest number says.
    """
    start = file.tell()
    for count, (code, value, _) in enumerate(pickletools.genops(_Bounded(file, size))):
        numbered = code.name in ("LONG_BINPUT", "PUT") and value > count
        if numbered or (code.name == "FRAME" and value > size):
            raise ValueError(f"{code.name} of {value:,} in a file of {size:,} bytes")
    file.seek(start)


class _Bounded:
    """A file of which no more is asked for than it may hold."""

    def __init__(self, file, size):
        self.readline, self.tell = file.readline, file.tell
        self._file, self._size = file, size

    def read(self, count):
        if count > self._size:
            raise ValueError(f"promises {count:,} bytes in a file of {self._size:,}")
        return self._file.read(count)
