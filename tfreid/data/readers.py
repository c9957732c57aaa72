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
from tfreid.data.examination import check_headers
from tfreid.data.findings import tell_number
from tfreid.data.folders import read_folders
from tfreid.data.identity_folders import read_identity_folders
from tfreid.data.specs import CHOICES, SPECS
from tfreid.errors import InputError
from tfreid.home import expand_home
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
    name, data_dir = options.dataset, expand_home(options.data_dir)
    options = dataclasses.replace(options, data_dir=data_dir)
    _check_choices(options)
    layout = SPECS[name].layout
    dataset = READERS.get(layout, layout)(name, options)
    _check_pids(dataset)
    return dataset


def _read_new_protocol(name, options):
    """Reads CUHK03 from its own file, or from image folders, which are taken where both are."""
    spec, data_dir = SPECS[name], options.data_dir
    homes = [os.path.join(data_dir, home) for home in ("", *spec.homes)]
    in_folders = any(os.path.isdir(os.path.join(home, spec.train)) for home in homes)
    if in_folders or find_mat(data_dir) is None:
        return read_folders(name, data_dir)
    return read_new_protocol(name, data_dir)


def _read_synthetic(name, options):
    # Loaded only for those who want it: it brings a drawing library.
    from tfreid.pedestrians import prepare_synthetic

    return read_folders(name, prepare_synthetic(options.data_dir))


def _refuse_sequences(name, options):
    raise InputError(
        f"dataset={name}: has frames, not pictures of people; `tfreid evaluate` measures it, and "
        "`tfreid crop` cuts pictures out of it for everything else."
    )


# `DatasetSpec.layout` -> function of (key of `SPECS`, `DataOptions`) that returns the `Dataset`.
READERS = {
    "folders": lambda name, options: read_folders(name, options.data_dir),
    "csv": lambda name, options: read_csv(options.data_dir),
    "identity_folders": lambda name, options: read_identity_folders(name, options.data_dir),
    "synthetic": _read_synthetic,
    "mot": _refuse_sequences,
    "cuhk01": lambda name, options: read_cuhk01(options),
    "cuhk03": read_cuhk03,
    "cuhk03_np": _read_new_protocol,
}


def _check_choices(options):
    """Raises for a choice of identities that the data set does not leave."""
    spec = SPECS[options.dataset]
    for field in dataclasses.fields(options):
        value = getattr(options, field.name)
        if field.name in CHOICES and field.name not in spec.choices and value != field.default:
            raise InputError(
                f"{field.name}={to_text(value)}: {spec.title} leaves no such choice of "
                f"identities; leave the flag at {to_text(field.default)}."
            )


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
