"""Files that are derived from the store, and may be thrown away: made aside, checked, renamed.

A derived file is what numpy or faiss wrote, and behind it of which vectors it is, sums of its
blocks, and where that begins. It is true to the index as long as its vectors are there.
"""

import contextlib
import dataclasses
import fcntl
import io
import os
import struct
import zlib
from typing import Any

import numpy as np
from absl import logging

from tfreid.errors import shorten
from tfreid.index.reserve import open_no_link
from tfreid.index.rows import sum_rows

_FOOTER = struct.Struct("<8sQI")  # what it is, bytes before the trailer, CRC-32 of the trailer
_KIND = b"tfreid-3"
_BLOCK = 2**20  # bytes that one sum covers


@dataclasses.dataclass(eq=False)
class Derived:
    """What is derived from the vectors of one state of the store.

    Attributes:
      state: `State.identity` of that state.
      ids: int64[n], rising: the images that they are of.
      sums: int64[n], see `rows.sum_rows`.
      content: what is searched: vectors float32[n, D], or a faiss index of them.
      is_checked: whether it is known to be what was derived.
    """

    state: tuple
    ids: np.ndarray
    sums: np.ndarray
    content: Any
    is_checked: bool = True


def locate(folder, kind):
    """Returns the name of an index's derived file."""
    return os.path.join(folder, f"{kind}.derived")


def read_derived(folder, kind, load):
    """Reads a derived file of an index.

    Args:
      folder: the index folder.
      kind: what is derived.
      load: called with the open file, bytes of its content and the number of its vectors, to read
        or map the content.

    Returns:
      `Derived`; None where there is no file that can be used. Vectors are not checked yet: whoever
      reads them can do so by their sums.
    """
    path = locate(folder, kind)
    try:
        with open(path, "rb", opener=open_no_link) as file:  # once: it may be replaced meanwhile
            size, (state, ids, sums, block_sums) = _read_trailer(file)
            has_sums = not len(block_sums)
            if not has_sums and not np.array_equal(_sum_blocks(file, size), block_sums):
                raise ValueError("a block is not as it was written")
            file.seek(0)
            content = load(file, size, len(ids))
            return Derived(tuple(state.tolist()), ids, sums, content, is_checked=not has_sums)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, EOFError, RuntimeError) as error:
        logging.warning("%s is made anew: %s", path, shorten(error))
        return None


def write_derived(folder, kind, view, write, has_sums=False):
    """Writes a derived file, while others wait who want to write the same.

    Args:
      folder: the index folder.
      kind: what is derived.
      view: `View` of the state that it is derived from.
      write: called with a file name, to write the content there.
      has_sums: whether the content is the vectors, which have their sums.

    Raises:
      OSError: if the disk refuses; nothing is left behind.
    """
    path = locate(folder, kind)
    aside = f"{path}.tmp"
    with _hold(folder):
        try:
            with contextlib.suppress(FileNotFoundError):  # of a process that was killed, or a link
                os.remove(aside)
            write(aside)
            _append_trailer(aside, view, has_sums)
            os.replace(aside, path)
        except BaseException:
            with contextlib.suppress(OSError):  # a removal may have taken it; why is told
                os.remove(aside)
            raise


def remove_derived(folder, kinds):
    """Removes the derived files of an index, finished or not."""
    for kind in kinds:
        for path in (locate(folder, kind), f"{locate(folder, kind)}.tmp"):
            with contextlib.suppress(OSError):
                os.remove(path)


def _append_trailer(path, view, has_sums):
    with open(path, "r+b") as file:
        size = file.seek(0, os.SEEK_END)
        sums = np.zeros(0, np.int64) if has_sums else _sum_blocks(file, size)
        trailer = io.BytesIO()
        # Unsigned: the total is a number modulo 2^64.
        for column in (np.array(view.state.identity, np.uint64), *view.list_ids(), sums):
            np.save(trailer, column)
        content = trailer.getvalue()
        file.write(content)
        file.write(_FOOTER.pack(_KIND, size, zlib.crc32(content)))
        file.flush()
        # Before it gets its name: after a power cut no name stands for missing bytes.
        os.fsync(file.fileno())


def _read_trailer(file):
    """Returns (bytes of the content, the arrays behind it)."""
    # A file shorter than that raises OSError here, which its reader expects.
    file.seek(-_FOOTER.size, os.SEEK_END)
    end = file.tell()
    # From the end: what faiss writes does not say how long it is.
    kind, size, crc = _FOOTER.unpack(file.read())
    if kind != _KIND or size > end:
        raise ValueError("cut off, or of another version")
    file.seek(size)
    trailer = file.read(end - size)
    if zlib.crc32(trailer) != crc:
        raise ValueError("its list of images is damaged")
    arrays = io.BytesIO(trailer)
    # State, ids, sums of vectors, sums of blocks, as they were appended.
    return size, [np.load(arrays) for _ in range(4)]


def _sum_blocks(file, size):
    """Returns int64[blocks + 1]: the sum of each block, and of what lies behind the last."""
    content = np.memmap(file, np.uint8, "r", shape=(size,))
    whole = size // _BLOCK * _BLOCK
    blocks = content[:whole].reshape(-1, _BLOCK)
    return np.append(sum_rows(blocks), sum_rows(content[whole:][np.newaxis]))


@contextlib.contextmanager
def _hold(folder):
    """Waits for a process that writes a derived file of the folder."""
    # The folder itself: a lock file would be one more name in it.
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
