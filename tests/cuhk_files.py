"""Small files in the structure of `cuhk-03.mat`, its index files and CUHK01."""

import os

import h5py
import numpy as np
import scipy.io
from PIL import Image

PAIRS = (5, 4, 2, 2, 1)  # identities of each pair of cameras
COLUMNS = (1, 2, 6, 7)  # images of an identity: two by each camera
TEST_SETS = (((1, 2), (2, 1), (3, 2)), ((1, 5), (1, 1), (2, 4)))
ONE_CAMERA = (3, 1)  # the only identity without images by camera 2
SIZE = (40, 17)  # height, width in pixels


def draw(pair, identity, column, shade=0):
    """Returns uint8[40, 17, 3]: the image's numbers stand in its pixels, so each is unlike."""
    image = np.full((*SIZE, 3), shade, np.uint8)
    image[0, 0], image[-1, 0] = (pair, identity, column), (200, 0, 0)
    return image


def list_images():
    """Returns [(pair, identity, column)] of every image of `write_cuhk03`, in order."""
    return [
        (pair, identity, column)
        for pair, count in enumerate(PAIRS, start=1)
        for identity in range(1, count + 1)
        for column in COLUMNS
        if (pair, identity) != ONE_CAMERA or column <= 5
    ]


def write_cuhk03(path, shade=0, test_sets=TEST_SETS, variants=("labeled", "detected")):
    """Writes a `cuhk-03.mat`: MATLAB 7.3, arrays transposed, cells as references to #refs#."""
    with h5py.File(path, "w", userblock_size=512) as file:
        store = _Store(file)
        for variant in variants:
            cells = [store.add(_make_cells(store, pair, shade)) for pair in range(1, 6)]
            file[variant] = np.array([cells], h5py.ref_dtype)
        if test_sets is not None:
            tables = [store.add(np.array(rows, np.float64).T) for rows in test_sets]
            file["testsets"] = np.array([tables], h5py.ref_dtype)
    with open(path, "r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM")
    return str(path)


def write_index(path, names, labels, cameras, **rows):
    """Writes an index file of the new protocol; rows are train_idx, ..., counted from 1."""
    cells = np.empty((len(names), 1), object)
    cells[:, 0] = [np.array([name]) for name in names]
    columns = {"labels": labels, "camId": cameras, **rows}
    content = {key: np.array(value, np.uint16)[:, np.newaxis] for key, value in columns.items()}
    scipy.io.savemat(path, {"filelist": cells, **content})
    return str(path)


def write_cuhk01(folder, identities=7):
    """Writes campus/PPPPNNN.png, four images of every identity; returns the folder."""
    os.makedirs(os.path.join(folder, "campus"))
    for pid in range(1, identities + 1):
        for number in range(1, 5):
            pixels = Image.fromarray(draw(0, pid, number))
            pixels.save(os.path.join(folder, "campus", f"{pid:04d}{number:03d}.png"))
    return str(folder)


class _Store:
    """The group #refs#, to which the cells of MATLAB's arrays refer."""

    def __init__(self, file):
        self._file, self._group = file, file.create_group("#refs#")

    def add(self, array):
        dataset = self._group.create_dataset(f"r{len(self._group)}", data=array)
        return dataset.ref


def _make_cells(store, pair, shade):
    """Returns references [10, identities]; an empty cell is its dimensions, 0 and 0."""
    present = set(list_images())
    cells = np.empty((10, PAIRS[pair - 1]), h5py.ref_dtype)
    for column, identity in np.ndindex(*cells.shape):
        key = (pair, identity + 1, column + 1)
        content = draw(*key, shade).T if key in present else np.zeros(2, np.uint64)
        cells[column, identity] = store.add(content)
    return cells
