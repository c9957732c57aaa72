"""What all commands on one `--out` share: table, scale, flags and data; one command at a time."""

import contextlib
import json
import os

from tfreid.data.census import differs_from_published, take_census
from tfreid.data.readers import read_layout
from tfreid.data.specs import SPECS
from tfreid.errors import InputError
from tfreid.files import write_text
from tfreid.locks import hold_lock
from tfreid.runs.evaluation import fingerprint
from tfreid.text_files import read_json

_SHARED = ("table", "scale", "dataset", "initial_weights", "train_flags")  # the rest may grow
_SETTINGS, _LOCK = "settings.json", ".lock"


@contextlib.contextmanager
def claim_folder(plan, options):
    """Keeps the folder `options.out` for this command, as long as the context lasts.

    Args:
      plan: `Plan`.
      options: `ReproduceOptions` of it.

    Raises:
      InputError: where another command works there, other settings or other files live there, or
        the data are not what the table needs.
    """
    settings = {name: getattr(options, name) for name in _SHARED}
    settings["data"] = check_data(plan)  # before the folder is made: a refusal leaves nothing
    path = options.out
    _make(path)
    busy = f"out={path}: another command works there; wait for it, or give another `out`."
    with hold_lock(os.path.join(path, _LOCK), busy):
        _compare(path, settings)
        write_text(os.path.join(path, _SETTINGS), json.dumps(settings, indent=2) + "\n")
        yield


def check_data(plan):
    """Reads the names of all images that a `Plan` needs, before anything starts.

    Only names: an image that cannot be decoded stops its run later.

    Returns:
      {data set: beginning of its fingerprint}; empty for a table of times, which needs no data.

    Raises:
      InputError: for a folder that is missing, incomplete, or another data set's.
    """
    firsts = {}
    for run in plan.runs if not plan.table.is_timing else ():
        firsts.setdefault(run.column.name, run.options.data)
    return {name: _check(data) for name, data in firsts.items()}


def _check(data):
    if not data.data_dir and data.dataset != "synthetic":
        raise InputError(f"`data_dir` is empty: give the folder of {SPECS[data.dataset].title}.")
    dataset = read_layout(data)
    for name, split in dataset.splits():
        if not len(split):
            raise InputError(
                f"{dataset.root}: no {name} images; a table needs training, query and gallery."
            )
    if differs_from_published(dataset):
        told = [finding.text for finding in take_census(dataset) if finding.level == "warning"]
        raise InputError(
            f"data_dir={data.data_dir}: not {SPECS[data.dataset].title} as published, so its "
            f"figures could not stand beside the paper's: {' '.join(told)} For data of your own "
            "give dataset=folder."
        )
    return fingerprint(dataset)


def _make(path):
    try:
        os.makedirs(path, exist_ok=True)
        others = set(os.listdir(path)) - {_LOCK}
    except OSError as error:
        raise InputError(
            f"out={path}: cannot be made ({error.strerror}); give a folder that can be written."
        ) from error
    if others and _SETTINGS not in others:
        raise InputError(
            f"out={path}: holds other things, {min(others)} for one; give a new folder."
        )
    if not os.access(path, os.W_OK):
        raise InputError(f"out={path}: cannot be written; give another folder.")


def _compare(path, settings):
    """Raises `InputError` where an earlier command has left other settings."""
    file = os.path.join(path, _SETTINGS)
    before = _read(file) if os.path.isfile(file) else settings
    differing = [
        f"{name} {_tell(before.get(name))} (now {_tell(value)})"
        for name, value in settings.items()
        if before.get(name) != value
    ]
    if differing:
        raise InputError(
            f"out={path}: was started with {', '.join(differing)}; give the same, or another `out`."
        )


def _read(path):
    return read_json(path, "bring it back, or give another `out`")


def _tell(value):
    return value if value and isinstance(value, str) else json.dumps(value)
