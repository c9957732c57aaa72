"""CUHK03 from `cuhk-03.mat`, in the classic protocol.

Li et al., DeepReID, CVPR 2014. The file holds 1,467 identities of five pairs of cameras. The
paper's 1,360 are those of the first three pairs (843 + 440 + 77), with 13,164 detected images: 100
to test on, 100 to validate on and 1,160 to learn from. The file names 20 test sets, but no
validation sets: here 1,160 of the others are drawn with the split's number as seed, and the
remaining ones are left aside. Much later work learns from all others of the file instead, 1,367.
"""

import os

import numpy as np

from tfreid.data.census import compare_whole
from tfreid.data.cuhk03_images import prepare_images
from tfreid.data.cuhk03_mat import Cuhk03File
from tfreid.data.dataset import Dataset
from tfreid.data.partitions import (
    NUM_RANDOM,
    RANDOM,
    check_num_test,
    draw_identities,
    draw_some,
    parse_split,
)
from tfreid.data.specs import SPECS
from tfreid.errors import InputError

MAT = "cuhk-03.mat"
_HOMES = ("", "cuhk03_release", "cuhk03", "CUHK03")
_PAPERS_PAIRS = 3
_PAPERS_TRAIN, _PAPERS_TEST = 1160, 100


def find_mat(data_dir):
    """Returns the `cuhk-03.mat` in a folder, or the file itself if it is given; else None."""
    if os.path.isfile(data_dir) or not data_dir:
        return data_dir or None
    paths = [os.path.join(data_dir, home, MAT) for home in _HOMES]
    return next((path for path in paths if os.path.isfile(path)), None)


def read_cuhk03(name, options):
    """Reads the classic protocol: query and gallery both are all images of the test identities.

    Args:
      name: "cuhk03_labeled" or "cuhk03_detected".
      options: `DataOptions`. `split` N is the file's own test set N; random:N is drawn with the
        seed N from the paper's identities, `test_identities` of them (0: 100).

    Returns:
      A `Dataset`; its root is the folder of `cuhk-03.mat`.

    Raises:
      InputError: if the file is missing or damaged, or there is no such split.
    """
    mat = find_mat(options.data_dir)
    if mat is None:
        raise InputError(
            f"data_dir={options.data_dir}: no {MAT} there; dataset={name} reads CUHK03's own "
            "file (give its folder, or the file)."
        )
    with Cuhk03File(mat) as file:
        test_sets = file.read_test_sets()
    kind, number = parse_split(
        options.split, SPECS[name].title, {"": len(test_sets), RANDOM: NUM_RANDOM}
    )
    images = prepare_images(mat, SPECS[name].variant)
    if kind == RANDOM:
        train, test = _draw(images, number, options)
    else:
        test = _find_test_identities(mat, images, number, test_sets[number], options)
        train = _choose_training(images, test, number, options.all_train_identities)
    split, pids = images.split, images.split.pids
    tested = split.take(np.isin(pids, test))
    notes = [describe_images(images, name), _describe_split(images, options.split, train, test)]
    return Dataset(
        name=name,
        root=os.path.dirname(os.path.abspath(mat)),
        train=split.take(np.isin(pids, train)),
        query=tested,
        gallery=tested,
        partition=options.split,
        notes=tuple(notes),
    )


def describe_images(images, name):
    """Returns a note on how many images and identities the file holds, beside the published."""
    kind = f"{SPECS[name].variant} image"
    return compare_whole(MAT, kind, images.split, name, f", extracted to {images.folder}")


def _draw(images, number, options):
    """Draws a random split from the paper's identities."""
    pids = _list_papers_identities(images)
    # Half of them in a part of the file: somebody must be left to learn from.
    num_test = options.test_identities or min(_PAPERS_TEST, len(pids) // 2)
    check_num_test(num_test, len(pids))
    train, test = draw_identities(pids, number, num_test, _PAPERS_TRAIN)
    if options.all_train_identities:
        train = np.setdiff1d(images.split.pids, test)
    return train, test


def _find_test_identities(mat, images, number, table, options):
    """Returns the pids of one of the file's own test sets."""
    if options.test_identities not in (0, len(table)):
        raise InputError(
            f"test_identities={options.test_identities}: test set {number} of {mat} has "
            f"{len(table)}; leave it at 0, or give split=random:{number % NUM_RANDOM}."
        )
    for pair, identity in table.tolist():
        if not 1 <= identity <= images.identities.get(pair, 0):
            raise InputError(
                f"{mat}: test set {number} names identity {identity} of the pair of cameras "
                f"{pair}, which is not in the file; download the data set again."
            )
    return np.array([images.first_pids[pair] for pair in table[:, 0].tolist()]) + table[:, 1]


def _choose_training(images, test, number, takes_all):
    """Returns the identities to learn from: all others, or as many of them as the paper had."""
    if takes_all:
        return np.setdiff1d(images.split.pids, test)
    return draw_some(np.setdiff1d(_list_papers_identities(images), test), number, _PAPERS_TRAIN)


def _list_papers_identities(images):
    return np.unique(images.split.pids[images.pairs <= _PAPERS_PAIRS])


def _describe_split(images, split, train, test):
    everybody = np.unique(images.split.pids)
    aside = len(np.setdiff1d(everybody, np.union1d(train, test)))
    source = f"drawn with the seed {split[7:]}" if split.startswith(RANDOM) else "the file's own"
    text = (
        f"Split {split} ({source}): {len(np.intersect1d(everybody, train)):,} identities to learn "
        f"from, {len(test):,} to test on, {aside:,} left aside. Query and gallery are the same "
        "images."
    )
    return ("ok", text)
