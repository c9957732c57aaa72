"""Prints of image files, by which a network's training images are known again."""

import contextlib
import hashlib
import io
import os

import numpy as np
import tensorflow as tf
from PIL import Image

from tfreid.data.examination import examine_all
from tfreid.data.image_headers import read_header
from tfreid.data.likeness import COLUMNS, LENGTH, ROWS, hash_pictures
from tfreid.data.transforms import decode_image
from tfreid.files import open_regular
from tfreid.patience import run_each
from tfreid.progress import Progress

UNREADABLE = 0  # print of a file that cannot be read; no file's own, but for one in 10^19
_END = 4096  # bytes: two pictures that begin and end alike are one
_MOST_BYTES = 2**20  # of a file that is looked at quickly
_AHEAD = 64  # files that are read before they are decoded
_THREADS = 16


def print_files(paths):
    """Returns uint64[N]: equal for files of the same content, whatever their names."""
    numbers = run_each(_print_file, paths, _THREADS, lambda path: UNREADABLE)
    return np.fromiter(numbers, np.uint64, len(paths))


def hash_files(paths, most=None):
    """Returns uint8[N, HASH_BYTES], `hash_pictures` of images; zeros for what cannot be decoded.

    Args:
      paths: N file names.
      most: of more images so many, evenly spread, are looked at; None for all.
    """
    pictures = np.zeros((len(paths), LENGTH), np.uint8)
    # Evenly: a folder's first files are often of one person.
    rows = np.linspace(0, len(paths) - 1, min(len(paths), most or len(paths))).astype(int)
    contents = run_each(_read, [paths[row] for row in rows], _THREADS, lambda path: b"", _AHEAD)
    progress, others = Progress("Looking at images", len(rows)), []
    # Decoded by one thread: each takes less time than it takes several to make way for each other.
    for row, content in zip(rows, contents):
        picture = _look(content)
        others += [row] if picture is None else []
        pictures[row] = 0 if picture is None else picture
        progress.advance()
    examined = examine_all([paths[row] for row in others])
    for row in others:
        likeness = examined[paths[row]].likeness
        pictures[row] = 0 if likeness is None else likeness
    return hash_pictures(pictures)


def _read(path):
    """Returns the bytes of a file, or their beginning; b"" where it cannot be read."""
    with contextlib.suppress(OSError, ValueError), open_regular(path) as file:
        return file.read(_MOST_BYTES + 1)
    return b""


def _look(contents):
    """Returns uint8[LENGTH], `likeness.shrink` of an image; None of one that is large or odd."""
    with contextlib.suppress(ValueError, tf.errors.OpError):
        header = read_header(io.BytesIO(contents))
        if header.orientation == 1 and not header.oddities and len(contents) <= _MOST_BYTES:
            return _shrink(contents, header)
    return None


def _shrink(contents, header):
    """Decodes a JPEG at an eighth of its sides, where that is enough: means of its own blocks."""
    if contents.startswith(b"\xff\xd8"):
        most = min(header.width // COLUMNS, header.height // ROWS)
        ratio = max(ratio for ratio in (1, 2, 4, 8) if ratio <= max(most, 1))
        decoded = tf.raw_ops.DecodeJpeg(contents=contents, channels=1, ratio=ratio)
        pixels = decoded.numpy()[..., 0]
    else:
        pixels = decode_image(contents, header.orientation).numpy()
    if pixels.shape != (ROWS, COLUMNS):
        fields = Image.fromarray(pixels).resize((COLUMNS, ROWS), Image.Resampling.BOX)
        pixels = np.asarray(fields.convert("L"))
    return pixels.reshape(LENGTH)


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
