"""The images of `cuhk-03.mat`, extracted once to PNG files beside it.

A folder is there as a whole or not at all: it is written aside and renamed. Its marker remembers
which file the images came from, and how many there are; if either has changed they are extracted
again.
"""

import concurrent.futures
import dataclasses
import hashlib
import json
import os
import re

import numpy as np
from absl import logging
from PIL import Image

from tfreid.data.cuhk03_mat import IMAGES_PER_IDENTITY, Cuhk03File
from tfreid.data.dataset import Split
from tfreid.data.folders import list_images
from tfreid.errors import InputError
from tfreid.files import write_folder
from tfreid.progress import Progress
from tfreid.text_files import read_json

MARKER = ".tfreid.json"
_FORMAT = 1
_NAME = re.compile(r"([0-9]+)_([0-9]{3,})_([12])_([0-9]{2})\.png")
_SAMPLES, _SAMPLE_BYTES = 64, 65536
_THREADS = 8


@dataclasses.dataclass(frozen=True)
class Cuhk03Images:
    """All images of one variant.

    Attributes:
      folder: where the PNG files lie.
      split: `Split` of all of them, in the order of their names. Identities are numbered from 1
        through all pairs of cameras, as the new protocol numbers them; the two cameras of every
        pair are 1 and 2.
      pairs: int32[N], pair of cameras of each image, from 1.
      identities: {pair of cameras: number of its identities}.
      first_pids: {pair of cameras: pid before its first identity}.
    """

    folder: str
    split: Split
    pairs: np.ndarray
    identities: dict
    first_pids: dict


def prepare_images(mat, variant):
    """Returns the `Cuhk03Images` of a `cuhk-03.mat`, extracting them if that was not done.

    Args:
      mat: the file's name.
      variant: "labeled" or "detected".

    Raises:
      InputError: if the file cannot be read, or its folder cannot be written.
    """
    folder = os.path.join(os.path.dirname(os.path.abspath(mat)), f"tfreid_cuhk03_{variant}")
    source = fingerprint_file(mat)
    marker = _read_marker(folder, source)
    if marker is None:
        _extract(mat, variant, folder, source)
        marker = _read_marker(folder, source)
    return _list_folder(folder, marker["identities"])


def name_image(pair, identity, column):
    """Returns the file name of an image, as the new protocol's index files write it."""
    view = 1 if column <= IMAGES_PER_IDENTITY // 2 else 2
    return f"{pair}_{identity:03d}_{view}_{column:02d}.png"


def fingerprint_file(path):
    """Returns the size of a file and a hash of samples from all over it.

    A file of 4 GB is not read as a whole at each start; unlike its date, the samples stay the same
    when it is copied.
    """
    digest = hashlib.sha256()
    try:
        size = os.path.getsize(path)
        with open(path, "rb") as file:
            for start in np.linspace(0, max(0, size - _SAMPLE_BYTES), _SAMPLES).astype(np.int64):
                file.seek(start)
                digest.update(file.read(_SAMPLE_BYTES))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}.") from error
    return {"bytes": size, "sampled_sha256": digest.hexdigest()}


def _list_folder(folder, identities):
    names, _ = list_images(folder)
    numbers = np.array([_NAME.fullmatch(name).groups() for name in names], np.int32)
    starts = np.append(0, np.cumsum(identities))
    pairs, within, views, _ = numbers.T
    paths = tuple(os.path.join(folder, name) for name in names)
    split = Split(paths, starts[pairs - 1] + within, views)
    first_pids = dict(enumerate(starts[:-1].tolist(), start=1))
    return Cuhk03Images(folder, split, pairs, dict(enumerate(identities, start=1)), first_pids)


def _read_marker(folder, source):
    """Returns the marker of a folder that is complete and came from this source; else None."""
    try:
        form = {"format": int, "source": dict, "images": int, "identities": [int]}
        marker = read_json(os.path.join(folder, MARKER), "extract them again", form)
        names = [name for name in list_images(folder)[0] if _NAME.fullmatch(name)]
        expected = (_FORMAT, source, len(os.listdir(folder)) - 1)
        found = (marker["format"], marker["source"], marker["images"])
    except (OSError, InputError):
        return None
    return marker if found == expected and len(names) == marker["images"] else None


def _extract(mat, variant, folder, source):
    """Writes all images of a variant aside and puts them in place when they are complete."""
    _check_replaceable(folder)

    def fill(aside):
        with Cuhk03File(mat) as file:
            identities = file.count_identities(variant)
            images = _write_images(file, variant, aside, sum(identities))
        _write_marker(aside, source, identities, images)

    try:
        write_folder(folder, fill, lambda found: _read_marker(found, source) is not None)
    except OSError as error:
        raise InputError(
            f"{folder}: the images of cuhk-03.mat cannot be written there "
            f"({error.strerror or error}); they need 1 GB beside it. Copy or link cuhk-03.mat into "
            "a folder that is writable and give that as `data_dir`."
        ) from error
    logging.info("%s: %s images extracted to %s.", mat, variant, folder)


def _check_replaceable(folder):
    """Raises `InputError` unless a folder is absent or holds nothing but an extraction."""
    if not os.path.lexists(folder):
        return
    others = sorted(os.listdir(folder)) if os.path.isdir(folder) else ["no folder"]
    others = [name for name in others if name != MARKER and not _NAME.fullmatch(name)]
    if others:
        raise InputError(
            f"{folder}: the images of cuhk-03.mat belong there, but it holds {others[0]}; move or "
            "rename it."
        )


def _write_images(file, variant, folder, identities):
    """Writes PNG files and returns how many."""
    count = 0
    progress = Progress(f"Extracting CUHK03 ({variant}), identities", identities)
    with concurrent.futures.ThreadPoolExecutor(_THREADS) as pool:
        for pair, identity, images in file.iterate(variant):
            # One identity at a time: the whole file would take gigabytes of memory.
            names = [os.path.join(folder, name_image(pair, identity, column)) for column in images]
            count += len(list(pool.map(_write_image, names, images.values())))
            progress.advance()
    if not count:
        raise InputError(f"{file.path}: {variant!r} holds no images; download the data set again.")
    return count


def _write_image(path, pixels):
    Image.fromarray(np.ascontiguousarray(pixels)).save(path)


def _write_marker(folder, source, identities, images):
    marker = {
        "format": _FORMAT,
        "source": source,
        "identities": [int(number) for number in identities],
        "images": images,
    }
    with open(os.path.join(folder, MARKER), "w", encoding="utf-8") as file:
        json.dump(marker, file, indent=1, sort_keys=True)
