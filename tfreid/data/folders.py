"""Folders in the layout of Market-1501: who and which camera stand in the file's name."""

import os
import re

import numpy as np

from tfreid.data.dataset import Dataset, Split, make_empty_split
from tfreid.data.file_tree import check_names, part_names, tell_kinds, tell_other_form
from tfreid.data.name_patterns import suggest_table
from tfreid.data.specs import IMAGE_SUFFIXES, SPECS
from tfreid.errors import InputError
from tfreid.patience import call

NAME_FORM = "PID_cCAMERA, as in 0007_c3_0001.jpg"
# Nine digits always fit into int32.
NAME = re.compile(r"(-?[0-9]{1,9})_c([0-9]{1,9})")  # Market-1501's: PID_cCAMERA...
_NAMES_TOLD = 6


def read_folders(name, data_dir):
    """Reads a data set that lies in folders.

    Args:
      name: key of `SPECS`.
      data_dir: the folder that holds the splits' folders, or a folder above it (`spec.homes`).

    Returns:
      A `Dataset` whose images are in the order of their names.

    Raises:
      InputError: for a missing folder, an empty one, or a name that cannot be read.
    """
    spec = SPECS[name]
    home = find_home(name, data_dir)
    splits = {}
    for split, folder in spec.folders().items():
        path = os.path.join(home, folder)
        splits[split] = read_split(path) if os.path.isdir(path) else make_empty_split()
    present = ", ".join(folder for split, folder in spec.folders().items() if len(splits[split]))
    text = f"Layout: image folders {present}; names give identity and camera."
    return Dataset(name=name, root=home, **splits, notes=(("ok", text),))


def find_home(name, data_dir):
    """Returns the folder that holds the splits' folders; raises `InputError` if there is none."""
    spec = SPECS[name]
    _check_data_dir(data_dir, spec)
    wanted = list(spec.folders().values())
    for home in ("", *spec.homes):
        path = os.path.join(data_dir, home) if home else data_dir
        present = [folder for folder in wanted if os.path.isdir(os.path.join(path, folder))]
        if present:
            _check_present(name, path, present)
            return path
    raise InputError(
        f"data_dir={data_dir}: {spec.title} needs the folders {_tell(wanted)} there, but it "
        f"holds {_tell_contents(data_dir)}.{_suggest(name, data_dir)}"
    )


def read_split(folder):
    """Returns the `Split` of the images that lie directly in a folder, by name."""
    names, others = list_images(folder)
    check_names(folder, names)
    if not names:
        raise InputError(
            f"{folder}: no images; {' '.join(IMAGE_SUFFIXES)} files are read that lie directly in "
            f"it, but it holds {tell_kinds(others) or 'nothing'}."
            f"{_suggest_table(os.path.dirname(folder))}"
        )
    matches = [NAME.match(name) for name in names]
    unknown = [name for name, match in zip(names, matches) if not match]
    if unknown:
        error = InputError(
            f"{os.path.join(folder, unknown[0])}: {len(unknown)} of {len(names)} image names do "
            f"not start with {NAME_FORM}, this one first; rename them, or list the images in a "
            f"table for dataset=csv.{_suggest_table(os.path.dirname(folder))}"
        )
        error.faults = [f"{os.path.join(folder, n)}: not {NAME_FORM}" for n in unknown]
        raise error
    numbers = np.array([match.groups() for match in matches], np.int32)
    paths = tuple(os.path.join(folder, name) for name in names)
    return Split(paths, numbers[:, 0], numbers[:, 1])


def list_images(folder):
    """Lists a folder.

    Returns:
      (names of its images, sorted; Counter of everything else by kind: "folder", "hidden file" or
      the suffix, as in ".txt file").
    """
    try:
        entries = call(lambda folder: list(os.scandir(folder)), folder)
    except OSError as error:
        raise InputError(f"{folder}: cannot be listed: {error.strerror}.") from error
    files = [entry.name for entry in entries if not _is_folder(entry)]
    names, others = part_names(files)
    others["folder"] = len(entries) - len(files)
    return names, +others


def _is_folder(entry):
    try:
        return entry.is_dir()
    except OSError:  # a link to itself: whoever reads it says so
        return False


def _check_data_dir(data_dir, spec):
    if not data_dir:
        raise InputError(
            f"`data_dir` is empty: give the folder that holds {_tell(spec.folders().values())}."
        )
    if not os.path.exists(data_dir):
        raise InputError(f"data_dir={data_dir}: no such folder{tell_other_form(data_dir)}.")
    if not os.path.isdir(data_dir):
        hint = (
            "dataset=csv reads tables" if data_dir.lower().endswith(".csv") else "unpack archives"
        )
        raise InputError(f"data_dir={data_dir}: a file; give a folder ({hint}).")


def _check_present(name, home, present):
    """Raises if a split is missing that this data set must have."""
    spec = SPECS[name]
    missing = [folder for folder in spec.folders().values() if folder not in present]
    if not missing:
        return
    if spec.may_lack_splits and missing in ([spec.train], [spec.query, spec.gallery]):
        return
    cure = f"{spec.query} and {spec.gallery} are needed together"
    if not spec.may_lack_splits:
        cure = f"{spec.title} has {_tell(spec.folders().values())}"
        if missing in ([spec.train], [spec.query, spec.gallery]):
            cure += "; dataset=folder allows less"
    hint = _suggest_names(name, home)
    raise InputError(
        f"{home}: lacks {_tell(missing)}; it holds {_tell_contents(home)}: {cure}.{hint}"
    )


def _suggest(name, data_dir):
    """Returns a hint at another --data_dir or --dataset under which the folder can be read."""
    for other, spec in SPECS.items():
        for home in spec.homes:
            if other != name and _has_splits(spec, os.path.join(data_dir, home)):
                return f" {home} in it looks like dataset={other}."
    for folder in _list_folders(data_dir):
        if _has_splits(SPECS[name], os.path.join(data_dir, folder)):
            return f" Did you mean data_dir={os.path.join(data_dir, folder)}?"
    if any(file.endswith(".mat") for file in os.listdir(data_dir)):
        return " Of files ending .mat only CUHK03's own, cuhk-03.mat, is read."
    return _suggest_names(name, data_dir) or _suggest_table(data_dir)


def _suggest_table(folder):
    """Returns a hint at what can be done with images that lie or are called otherwise."""
    command = suggest_table(folder)
    if not command:
        return ""
    if "='{pid}/{}'" in command:
        return (
            " A folder for each person? dataset=identity_folders measures on it as it is; "
            f"{command} makes a table to train on."
        )
    return f" {command} makes a table to train on."


def _suggest_names(name, home):
    """Returns a hint if the splits' folders are called by the splits' names."""
    renames = [
        f"{split} to {folder}"
        for split, folder in SPECS[name].folders().items()
        if split != folder and _holds_images(os.path.join(home, split))
    ]
    return f" Rename {', '.join(renames)}." if renames else ""


def _holds_images(path):
    return os.path.isdir(path) and bool(list_images(path)[0])


def _has_splits(spec, path):
    return all(os.path.isdir(os.path.join(path, folder)) for folder in spec.folders().values())


def _list_folders(path):
    return sorted(entry.name for entry in os.scandir(path) if _is_folder(entry))


def _tell_contents(path):
    folders = _list_folders(path)
    if folders:
        return f"the folders {_tell(folders)}"
    files = sorted(os.listdir(path))
    return f"the files {_tell(files)} and no folder" if files else "nothing"


def _tell(names):
    names = list(names)
    more = f" and {len(names) - _NAMES_TOLD} more" if len(names) > _NAMES_TOLD else ""
    return ", ".join(names[:_NAMES_TOLD]) + more
