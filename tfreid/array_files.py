"""Arrays from a disk: no more room is made than there are bytes for, and nothing is unpickled."""

import io
import math
import struct
import zipfile
import zlib

import numpy as np

from tfreid.errors import shorten
from tfreid.text_files import read_bytes

MOST_BYTES = 1 << 30  # of a file, and of what is packed in it
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
_MAT_HEAD, _PACKED = 128, 15  # bytes before the first element of a .mat; the kind of packed ones


def read_npz(path):
    """Returns {name: array} of an .npz file.

    Raises:
      OSError: where it cannot be read, hangs, or is no regular file.
      ValueError: where it is damaged, larger than any of ours, or promises more than it holds.
    """
    content = read_bytes(path, MOST_BYTES)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(member.file_size for member in archive.infolist()) > MOST_BYTES:
                raise ValueError(f"packs more than {MOST_BYTES:,} bytes")
            return {
                name.removesuffix(".npy"): _read_array(archive.read(name))
                for name in archive.namelist()
            }
    except ValueError:
        raise
    except Exception as error:  # of a damaged one, whatever zipfile, zlib and numpy raise
        raise ValueError(shorten(error)) from error


def read_mat5(path):
    """Returns the bytes of a .mat file of version 5 whose elements hold what they promise.

    Raises:
      OSError, ValueError: as `read_npz`.
    """
    content = read_bytes(path, MOST_BYTES)
    order, place, room = (">" if content[126:128] == b"MI" else "<"), _MAT_HEAD, MOST_BYTES
    while place + 8 <= len(content):
        kind, size = struct.unpack_from(f"{order}II", content, place)
        element = content[place + 8 : place + 8 + size]
        if len(element) < size:
            raise ValueError(f"an element of {size:,} bytes, of which {len(element):,} are there")
        if kind == _PACKED:
            room -= len(zlib.decompressobj().decompress(element, room + 1))
        if room < 0:
            raise ValueError(f"packs more than {MOST_BYTES:,} bytes")
        place += 8 + size
    return content


def _read_array(content):
    file = io.BytesIO(content)
    version = np.lib.format.read_magic(file)
    if version not in _HEADERS:
        raise ValueError(f"an array of version {version}")
    shape, _, dtype = _HEADERS[version](file)
    if math.prod(shape) * dtype.itemsize > len(content):
        raise ValueError(f"an array of shape {shape} in {len(content):,} bytes")
    file.seek(0)
    return np.lib.format.read_array(file, allow_pickle=False)
