"""From `--dataset` and `--data_dir` to a `Dataset`."""

import dataclasses
import os

import numpy as np
from absl import logging

from tfreid.data.census import differs_from_published
from tfreid.data.csv_table import read_csv
from tfreid.data.cuhk01 import read_cuhk01
from tfreid.data.cuhk03 import find_mat, read_cuhk03
from tfreid.data.cuhk03_new_protocol import read_new_protocol
from tfreid.data.dataset import DISTRACTOR_PID, JUNK_PID
from tfreid.data.findings import tell_number
from tfreid.data.folders import read_folders
from tfreid.data.headers import check_headers
from tfreid.data.specs import CHOICES, SPECS
from tfreid.errors import InputError
from tfreid.options.fields import to_text


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
    for level, text in dataset.notes:
        if level != "ok":
            logging.warning("%s: %s", dataset.root, text)
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
    name, data_dir = options.dataset, os.path.expanduser(options.data_dir)
    options = dataclasses.replace(options, data_dir=data_dir)
    layout = SPECS[name].layout
    _check_choices(options)
    if layout == "cuhk03":
        dataset = read_cuhk03(name, options)
    elif layout == "cuhk01":
        dataset = read_cuhk01(options)
    elif layout == "csv":
        dataset = read_csv(data_dir)
    elif _is_in_mat(SPECS[name], data_dir):
        dataset = read_new_protocol(name, data_dir)
    else:
        home = _draw(data_dir) if layout == "synthetic" else data_dir
        dataset = read_folders(name, home)
    _check_pids(dataset)
    return dataset


def _is_in_mat(spec, data_dir):
    """Returns whether CUHK03 lies in its own file; image folders are taken where there are both."""
    if not spec.variant or find_mat(data_dir) is None:
        return False
    homes = [os.path.join(data_dir, home) for home in ("", *spec.homes)]
    return not any(os.path.isdir(os.path.join(home, spec.train)) for home in homes)


def _check_choices(options):
    """Raises for a choice of identities that the data set does not leave."""
    spec = SPECS[options.dataset]
    for field in dataclasses.fields(options):
        value = getattr(options, field.name)
        if field.name in CHOICES and field.name not in spec.choices and value != field.default:
            raise InputError(
                f"--{field.name}={to_text(value)}: {spec.title} leaves no such choice of "
                f"identities; leave the flag at {to_text(field.default)}."
            )


def _draw(data_dir):
    # Loaded only for those who want it: it brings a drawing library.
    from tfreid.pedestrians import prepare_synthetic

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
