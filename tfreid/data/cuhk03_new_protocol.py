"""CUHK03 from `cuhk-03.mat` in the new protocol, by its official index files.

Zhong et al., Re-ranking Person Re-identification with k-reciprocal Encoding, CVPR 2017: 767
identities to learn from, 700 to test on, with one query by each camera.
"""

import io
import os

import numpy as np
import scipy.io

from tfreid.array_files import read_mat5
from tfreid.data.cuhk03 import describe_images, find_mat
from tfreid.data.cuhk03_images import prepare_images
from tfreid.data.cuhk03_mat import check_kind
from tfreid.data.dataset import Dataset, Split
from tfreid.data.specs import SPECS, SPLITS
from tfreid.errors import InputError, shorten

_KEYS = ("filelist", "labels", "camId", *(f"{split}_idx" for split in SPLITS))


def read_new_protocol(name, data_dir):
    """Reads `cuhk-03.mat` as `cuhk03_new_protocol_config_{labeled,detected}.mat` beside it says.

    Args:
      name: "cuhk03_np_labeled" or "cuhk03_np_detected".
      data_dir: the folder of `cuhk-03.mat`, or the file.

    Returns:
      A `Dataset`; its root is the folder of `cuhk-03.mat`.

    Raises:
      InputError: if a file is missing or damaged, or they do not fit together.
    """
    mat, variant = find_mat(data_dir), SPECS[name].variant
    check_kind(mat)
    root = os.path.dirname(os.path.abspath(mat))
    index_file = os.path.join(root, f"cuhk03_new_protocol_config_{variant}.mat")
    index = _read_index(index_file)
    images = prepare_images(mat, variant)
    names = [str(np.squeeze(cell)) for cell in index["filelist"]]
    _check_names(index_file, names, images.split.paths)
    whole = Split(
        [os.path.join(images.folder, name) for name in names], index["labels"], index["camId"]
    )
    # MATLAB counts from 1.
    splits = {split: whole.take(index[f"{split}_idx"] - 1) for split in SPLITS}
    notes = (
        describe_images(images, name),
        ("ok", f"Splits: the new protocol's, from {os.path.basename(index_file)}."),
    )
    return Dataset(name=name, root=root, **splits, notes=notes)


def _read_index(path):
    """Returns the index file's columns; indices count from 1."""
    if not os.path.isfile(path):
        raise InputError(
            f"{path}: no such file; the new protocol needs this index file beside cuhk-03.mat. Its "
            "authors publish it with their code (person-re-ranking, CUHK03-NP)."
        )
    try:
        content = scipy.io.loadmat(io.BytesIO(read_mat5(path)))
        columns = {key: content[key].ravel() for key in _KEYS}
        for key in _KEYS[1:]:
            columns[key] = columns[key].astype(np.int64)
    except Exception as error:  # scipy's reader raises whatever the bytes lead it to
        raise InputError(f"{path}: not an index file of CUHK03 ({shorten(error)}).") from error
    _check_columns(path, columns)
    return columns


def _check_columns(path, columns):
    length = len(columns["filelist"])
    for key in ("labels", "camId"):
        if len(columns[key]) != length:
            raise InputError(
                f"{path}: {len(columns[key])} {key} for {length} names; download it again."
            )
    for split in SPLITS:
        rows = columns[f"{split}_idx"]
        if not len(rows) or rows.min() < 1 or rows.max() > length:
            raise InputError(
                f"{path}: {split}_idx points outside its {length} names (they count from 1); "
                "download it again."
            )


def _check_names(index_file, names, paths):
    present = {os.path.basename(path) for path in paths}
    missing = [name for name in names if name not in present]
    if missing:
        raise InputError(
            f"{index_file}: names {len(missing):,} of {len(names):,} images that cuhk-03.mat does "
            f"not hold, first {missing[0]}; labeled and detected have an index file each."
        )
