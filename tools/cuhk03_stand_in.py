"""Drawn people in the structure of `cuhk-03.mat`, to try its protocols without CUHK03.

    python -m tools.cuhk03_stand_in --out=cuhk-03.mat

As many identities in five pairs of cameras as the real file has, ten images of each, five by
either camera of its pair, all labeled; and 20 test sets of 100 identities. What networks score on
it says nothing of CUHK03.
"""

import dataclasses
import os
import tempfile

import h5py
import numpy as np
from PIL import Image

from tfreid.command_line import run_command, show
from tfreid.data.cuhk03_mat import IMAGES_PER_IDENTITY, TEST_SETS, VARIANTS
from tfreid.errors import InputError
from tfreid.files import write_aside
from tfreid.options import parse
from tfreid.options.fields import Checked, option
from tfreid.pedestrians.layout import SyntheticSettings
from tfreid.pedestrians.writer import write_synthetic

PAIRS = (843, 440, 77, 58, 49)  # identities of each pair of cameras
PAPERS_PAIRS = 3  # those of which the papers tell
NUM_TEST_SETS, TEST_IDENTITIES = 20, 100
_CAMERAS = 2
_HEADER = b"MATLAB 7.3 MAT-file, drawn people".ljust(124) + b"\x00\x02IM"
_HEADER_BLOCK = 512  # bytes before the HDF5 file


@dataclasses.dataclass(frozen=True)
class StandInOptions(Checked):
    """Where to, and how much is drawn."""

    out: str = option("cuhk-03.mat", "New file.")
    share: float = option(
        1.0, "Share of each pair's identities, for a smaller file.", minimum=0, maximum=1
    )
    test_identities: int = option(TEST_IDENTITIES, "Identities of a test set.", minimum=1)
    height: int = option(160, "Rows of an image.", minimum=32)
    width: int = option(60, "Columns of an image.", minimum=16)

    def check(self):
        if os.path.lexists(self.out):
            raise InputError(f"--out={self.out}: exists; give a new file.")


def main(argv):
    """Draws and writes; returns the exit code."""
    (options,) = parse(argv, (StandInOptions,))
    pairs = [max(1, round(options.share * count)) for count in PAIRS]
    with tempfile.TemporaryDirectory() as folder:
        paths = _draw(os.path.join(folder, "drawn"), sum(pairs), options)
        _write(options.out, paths, pairs, options)
    show(f"{options.out}: {sum(pairs)} drawn people, {IMAGES_PER_IDENTITY} images of each.")
    return 0


def _draw(folder, identities, options):
    """Returns the paths of each identity's images, those of the first camera first."""
    settings = SyntheticSettings(
        train_ids=identities,
        test_ids=1,  # the least that can be drawn; left aside
        cameras=_CAMERAS,
        least_cameras=_CAMERAS,
        images_per_camera=IMAGES_PER_IDENTITY // _CAMERAS,
        distractors=0,
        junk=0,
        height=options.height,
        width=options.width,
    )
    write_synthetic(folder, settings)
    train = os.path.join(folder, "bounding_box_train")
    paths = [os.path.join(train, name) for name in sorted(os.listdir(train))]  # pid, then camera
    return np.reshape(paths, [identities, IMAGES_PER_IDENTITY])


def _write(out, paths, pairs, options):
    def write(aside):
        # MATLAB's head stands before the HDF5 file, which begins at a power of two.
        with h5py.File(aside, "w", userblock_size=_HEADER_BLOCK) as file:
            _fill(file, paths, pairs, options.test_identities)
        with open(aside, "r+b") as file:
            file.write(_HEADER)

    write_aside(out, write)


def _fill(file, paths, pairs, test_identities):
    cells = file.create_group("#refs#")

    def add(array):
        return cells.create_dataset(f"r{len(cells)}", data=array).ref

    def add_image(path):
        with Image.open(path) as image:
            return add(np.asarray(image.convert("RGB")).T)  # MATLAB's columns come first

    def add_cells(paths):
        references = np.empty(paths.shape, h5py.ref_dtype)
        for place in np.ndindex(*paths.shape):
            references[place] = add_image(paths[place])
        return add(references)

    ends = np.cumsum(pairs)
    tables = [add_cells(paths[end - count : end].T) for count, end in zip(pairs, ends)]
    file[VARIANTS[0]] = np.array([tables], h5py.ref_dtype)
    people = [
        (pair, number)
        for pair in range(1, PAPERS_PAIRS + 1)
        for number in range(1, pairs[pair - 1] + 1)
    ]
    rng = np.random.default_rng(0)
    sets = [rng.permutation(people)[:test_identities] for _ in range(NUM_TEST_SETS)]
    file[TEST_SETS] = np.array([[add(np.float64(rows).T) for rows in sets]], h5py.ref_dtype)


if __name__ == "__main__":
    run_command(main, (StandInOptions,), __doc__)
