"""CUHK01: a folder of images, in random splits.

Li, Zhao and Wang, Human Reidentification with Transferred Metric Learning, ACCV 2012: 971
identities in two cameras, two images by each. A name is PPPPNNN.png: identity, then image, of which
1 and 2 are of camera 1, 3 and 4 of camera 2. The usual parts are 485 identities to learn from and
486 to test on, or 871 and 100.
"""

import os
import re

import numpy as np

from tfreid.data.census import compare_whole
from tfreid.data.dataset import Dataset, Split
from tfreid.data.folders import list_images
from tfreid.data.partitions import NUM_RANDOM, check_num_test, load_partition, parse_split
from tfreid.data.specs import SPECS
from tfreid.errors import InputError

_HOMES = ("", "campus", "CUHK01", "cuhk01", "CUHK01/campus", "cuhk01/campus")
_NAME = re.compile(r"([0-9]{4})([0-9]{3})\.\w+")
_IMAGES_PER_CAMERA = 2
_TEST_IDENTITIES = 486


def read_cuhk01(options):
    """Reads one of ten random splits; query and gallery both are all images of the test identities.

    The splits lie in `tfreid_splits_<test identities>.json` beside the images, by file name.

    Args:
      options: `DataOptions`; `split` is 0 to 9, `test_identities` 100 or 486 (0: 486).

    Returns:
      A `Dataset`; its root is the folder of the images.

    Raises:
      InputError: if there are no such images, or no such split.
    """
    spec = SPECS["cuhk01"]
    _, number = parse_split(options.split, spec.title, {"": NUM_RANDOM})
    folder = _find_folder(options.data_dir)
    images = _read_images(folder)
    num_test = options.test_identities or _TEST_IDENTITIES
    check_num_test(num_test, len(np.unique(images.pids)))
    names = [os.path.basename(path) for path in images.paths]
    path = os.path.join(folder, f"tfreid_splits_{num_test}.json")
    train, test = load_partition(path, names, images.pids, number, num_test)
    tested = images.take(test)
    return Dataset(
        name="cuhk01",
        root=folder,
        train=images.take(train),
        query=tested,
        gallery=tested,
        partition=options.split,
        notes=(
            compare_whole("one folder", "image", images, "cuhk01"),
            _describe_split(path, images, train, test, number),
        ),
    )


def _find_folder(data_dir):
    """Returns the first folder that holds images named as CUHK01's are."""
    if not os.path.isdir(data_dir):
        raise InputError(f"data_dir={data_dir}: no such folder.")
    for home in _HOMES:
        folder = os.path.join(data_dir, home) if home else data_dir
        if os.path.isdir(folder) and any(map(_NAME.fullmatch, list_images(folder)[0])):
            return folder
    raise InputError(
        f"data_dir={data_dir}: no images named PPPPNNN.png, as in 0001001.png, there or in its "
        "folder campus; dataset=cuhk01 needs CUHK01's."
    )


def _read_images(folder):
    """Returns the `Split` of all images of a folder, by name."""
    names = list_images(folder)[0]
    matches = [_NAME.fullmatch(name) for name in names]
    # (0, 0) is nobody, and refused below.
    numbers = [tuple(map(int, match.groups())) if match else (0, 0) for match in matches]
    last = 2 * _IMAGES_PER_CAMERA
    unknown = [
        name for name, (pid, image) in zip(names, numbers) if pid < 1 or not 1 <= image <= last
    ]
    if unknown:
        raise InputError(
            f"{os.path.join(folder, unknown[0])}: {len(unknown)} of {len(names)} image names are "
            f"not identity and image (001 to {last:03d}), as in 0001001.png; move them away."
        )
    pids, image = np.array(numbers, np.int32).T
    camids = (image - 1) // _IMAGES_PER_CAMERA + 1
    return Split([os.path.join(folder, name) for name in names], pids, camids)


def _describe_split(path, images, train, test, number):
    counts = [len(np.unique(images.pids[rows])) for rows in (train, test)]
    text = (
        f"Split {number} of {os.path.basename(path)}: {counts[0]:,} identities to learn from, "
        f"{counts[1]:,} to test on. Query and gallery are the same images."
    )
    return ("ok", text)
