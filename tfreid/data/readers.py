"""From `--dataset` and `--data_dir` to a `Dataset`."""

import os

import numpy as np
from absl import logging

from tfreid.data.census import differs_from_published
from tfreid.data.csv_table import read_csv
from tfreid.data.datasets import SPECS
from tfreid.data.findings import tell_number
from tfreid.data.folders import read_folders
from tfreid.data.headers import check_headers
from tfreid.data.records import DISTRACTOR_PID, JUNK_PID
from tfreid.errors import InputError


def read_dataset(options, needs=None):
    """Reads a data set and makes sure that its images are images.

    Args:
      options: `DataOptions`.
      needs: names of the splits that will be used: none of them may be empty, and the others'
        images are not looked at. None: whatever splits there are.

    Returns:
      A `Dataset`. Only headers were read: a file that is damaged behind its header shows when it is
      decoded (see `headers.explain_read_error`).

    Raises:
      InputError: in one line, for whatever is wrong with the folder, the table or an image.
    """
    dataset = read_layout(options)
    if differs_from_published(dataset):
        logging.warning(
            "%s: other counts than %s as published; python -m tfreid.check_data tells more.",
            dataset.root,
            SPECS[dataset.name].title,
        )
    for name, split in dataset.splits():
        if needs is None or name in needs:
            if needs and not len(split):
                raise InputError(
                    f"{dataset.root}: no {name} images, which are needed here; "
                    f"run python -m tfreid.check_data to see what there is."
                )
            check_headers(split)
    return dataset


def read_layout(options):
    """Reads names only: a `Dataset` whose files were not opened. Arguments as `read_dataset`."""
    layout, data_dir = SPECS[options.dataset].layout, os.path.expanduser(options.data_dir)
    if layout == "csv":
        dataset = read_csv(data_dir)
    else:
        home = _draw(data_dir) if layout == "synthetic" else data_dir
        dataset = read_folders(options.dataset, home)
    _check_pids(dataset)
    return dataset


def _draw(data_dir):
    # Loaded only for those who want it: it brings a drawing library.
    from tfreid.data.synthetic import prepare_synthetic

    return prepare_synthetic(data_dir)


def _check_pids(dataset):
    """Raises for pids that mean nobody where somebody is needed, or that mean nothing at all."""
    for name, split in dataset.splits():
        least = JUNK_PID if name == "gallery" else DISTRACTOR_PID + 1
        wrong = np.flatnonzero(split.pids < least)
        if len(wrong):
            raise InputError(
                f"{split.paths[wrong[0]]}: identity {split.pids[wrong[0]]} in the split {name} "
                f"({tell_number(len(wrong), 'such image')}); {DISTRACTOR_PID} (distractor) and "
                f"{JUNK_PID} (junk) are for gallery images only, identities count from 1."
            )
