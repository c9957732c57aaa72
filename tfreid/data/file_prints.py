"""Prints of image files, by which a network's training images are known again."""

import hashlib
import os

import numpy as np

from tfreid.files import open_regular
from tfreid.patience import run_each

UNREADABLE = 0  # print of a file that cannot be read; no file's own, but for one in 10^19
_END = 4096  # bytes: two pictures that begin and end alike are one
_THREADS = 16


def print_files(paths):
    """Returns uint64[N]: equal for files of the same content, whatever their names."""
    numbers = run_each(_print_file, paths, _THREADS, lambda path: UNREADABLE)
    return np.fromiter(numbers, np.uint64, len(paths))


def _print_file(path):
    try:
        with open_regular(path) as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            content = file.read(_END)
            file.seek(max(len(content), size - _END))
            content += file.read(_END)
    except (OSError, ValueError):
        return UNREADABLE
    digest = hashlib.blake2b(content + size.to_bytes(8, "big"), digest_size=8).digest()
    return int.from_bytes(digest, "big")
