"""`cuhk-03.mat`, the one file in which CUHK03 is published, opened with care.

It is MATLAB's format 7.3, which is HDF5. `labeled` and `detected` are cells, one for each of five
pairs of cameras; each holds identities x 10 cells, the first five of one camera, the last five of
the other; a cell is an image or empty. `testsets` holds 20 tables of 100 rows
(pair of cameras, identity in that pair), both counted from 1.
"""

import contextlib
import math
import os

import h5py
import numpy as np
from h5py import h5z

from tfreid.errors import InputError, shorten
from tfreid.file_kinds import ARCHIVES, NUM_BYTES, WEB_PAGE, describe_start

VARIANTS = ("labeled", "detected")
TEST_SETS = "testsets"
IMAGES_PER_IDENTITY = 10
_AGAIN = "download the data set again"
_MOST_BYTES = 1 << 21  # of one array: 800 x 800 pixels, where CUHK03's are cut-outs of people
_FILTERS = {h5z.FILTER_DEFLATE, h5z.FILTER_SHUFFLE, h5z.FILTER_FLETCHER32, h5z.FILTER_LZF}


class Cuhk03File:
    """The contents of an open `cuhk-03.mat`; a context manager.

    Attributes:
      path: the file's name.
    """

    def __init__(self, path):
        """Opens a file.

        Raises:
          InputError: if it is no such file: cut off, a web page, an archive, something else.
        """
        self.path = path
        check_kind(path)
        try:
            self._file = h5py.File(path, "r")
        except Exception as error:  # of a damaged one, whatever HDF5 raises
            raise InputError(_explain_open_error(path, error)) from error

    def __enter__(self):
        return self

    def __exit__(self, *details):
        self._file.close()

    def count_identities(self, variant):
        """Returns how many identities each pair of cameras has, those without images included."""
        with self._explaining(variant):
            return [cells.shape[1] for cells in self._read_pairs(variant)]

    def iterate(self, variant):
        """Yields (pair from 1, identity from 1, {column from 1: uint8[H, W, 3]}), in order.

        Raises:
          InputError: if the variant is missing, or where the file is damaged.
        """
        with self._explaining(variant):
            pairs = self._read_pairs(variant)
        for pair, cells in enumerate(pairs, start=1):
            for identity in range(cells.shape[1]):
                with self._explaining(variant):
                    images = self._read_images(cells[:, identity])
                yield pair, identity + 1, images

    def read_test_sets(self):
        """Returns the list of test sets, each int64[identities, 2] of (pair, identity) from 1."""
        with self._explaining(TEST_SETS):
            self._check_key(TEST_SETS)
            tables = [self._read(reference) for reference in self._read(TEST_SETS).ravel()]
            return [table.T.astype(np.int64).reshape(-1, 2) for table in tables]

    def _read_pairs(self, variant):
        """Returns for each pair of cameras the references [10, identities] of its cells."""
        self._check_key(variant)
        pairs = [self._read(reference) for reference in self._read(variant).ravel()]
        for cells in pairs:
            if cells.ndim != 2 or cells.shape[0] != IMAGES_PER_IDENTITY:
                raise ValueError(f"cells of shape {cells.shape[::-1]}, not identities x 10")
        return pairs

    def _read_images(self, references):
        """Reads the images of one identity: MATLAB keeps them as [3, W, H]."""
        images = {}
        for column, reference in enumerate(references, start=1):
            if self._file[reference].ndim == 3:  # an empty cell is kept as its dimensions, 0 and 0
                image = self._read(reference).T
                if image.dtype != np.uint8 or image.shape[2] != 3 or 0 in image.shape:
                    raise ValueError(f"an image of shape {image.shape}, {image.dtype}")
                images[column] = image
        return images

    def _read(self, key):
        """Returns an array; what its header promises is looked at before there is room for it."""
        content = self._file[key]
        _check_room(content)
        return content[()]

    def _check_key(self, key):
        if key not in self._file:
            found = ", ".join(name for name in self._file if not name.startswith("#"))
            raise InputError(
                f"{self.path}: has no {key!r}; it holds {found or 'nothing'}. CUHK03 has "
                f"{', '.join((*VARIANTS, TEST_SETS))}: {_AGAIN}."
            )

    @contextlib.contextmanager
    def _explaining(self, key):
        try:
            yield
        except InputError:
            raise
        except Exception as error:  # of a damaged file, whatever HDF5 and numpy raise
            raise InputError(
                f"{self.path}: {key!r} cannot be read ({shorten(error)}); {_AGAIN}."
            ) from error


def _check_room(content):
    """Raises ValueError for an array that takes, or may unpack to, more than any of CUHK03's.

    HDF5 unpacks a part until its end, whatever size it should have: of deflate up to 1,032 times of
    what is stored, so that is held to what the parts have room for.
    """
    steps = content.chunks or [max(1, side) for side in content.shape]
    sides = [-(-side // step) * step for side, step in zip(content.shape, steps)]
    room, stored = math.prod(sides) * content.dtype.itemsize, content.id.get_storage_size()
    if room > _MOST_BYTES or stored > 2 * room + 4096:
        raise ValueError(f"an array of shape {content.shape}, {room:,} bytes, {stored:,} stored")
    packing = content.id.get_create_plist()
    filters = [packing.get_filter(number)[0] for number in range(packing.get_nfilters())]
    if not set(filters) <= _FILTERS or len(set(filters)) < len(filters) or content.external:
        raise ValueError(f"an array that is packed by {filters}, or in another file")


def check_kind(path):
    """Raises `InputError` for what is not HDF5, and says what it is instead."""
    try:
        with open(path, "rb") as file:
            head = file.read(NUM_BYTES)
        is_hdf5 = h5py.is_hdf5(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be opened: {error.strerror or error}.") from error
    if not is_hdf5:
        raise InputError(f"{path}: {_tell_kind(head)}")


def _tell_kind(head):
    if not head:
        return f"is empty; {_AGAIN}."
    kind = describe_start(head)
    if kind == WEB_PAGE:
        return (
            "is an HTML page, not a MATLAB file: the download went wrong (often a page that asks "
            "to log in or to confirm). Open its address in a browser and save the file itself."
        )
    if kind in ARCHIVES:
        return "is an archive; unpack it and give the cuhk-03.mat in it."
    if head.startswith(b"MATLAB 7.3"):
        return f"is cut off behind its first lines; {_AGAIN}."
    if head.startswith(b"MATLAB 5.0"):
        return "is a MATLAB 5.0 file; CUHK03's images come in a file of version 7.3 (HDF5)."
    return f"is not a MATLAB 7.3 (HDF5) file; {_AGAIN}."


def _explain_open_error(path, error):
    size = os.path.getsize(path)
    if "truncated" in str(error):
        return f"{path}: is cut off, it ends after {size:,} bytes; {_AGAIN}."
    return f"{path}: cannot be read as HDF5 ({' '.join(str(error).split())}); {_AGAIN}."
