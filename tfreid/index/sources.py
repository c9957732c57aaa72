"""Where images come from: a folder, a CSV table or a single file."""

import dataclasses
import os

import numpy as np

from tfreid.data.csv_rows import read_rows
from tfreid.data.csv_table import COLUMNS
from tfreid.data.dataset import JUNK_PID, Split
from tfreid.data.file_tree import list_tree, tell_kinds
from tfreid.data.folders import NAME
from tfreid.data.images import describe_item
from tfreid.data.labels import Labels, number_labels
from tfreid.data.specs import IMAGE_SUFFIXES
from tfreid.errors import InputError
from tfreid.options.paths import make_absolute
from tfreid.patience import check_answers

UNKNOWN = -(2**31)  # no pid or camid is known: neither junk (-1) nor a distractor (0)
_NOBODY = {UNKNOWN: None}


@dataclasses.dataclass(frozen=True, eq=False)
class Source(Split):
    """Images to add, to look for or to calibrate on, by absolute file names, each once.

    Attributes:
      pids: int32[N]; UNKNOWN where neither name nor table tells, which is called None.
      camids: int32[N]; likewise.
      name: what the user gave.
      aside: in words what lies in the folder besides, as in "2 .txt files"; empty for nothing.
    """

    labels: Labels = Labels(_NOBODY, _NOBODY)
    name: str = ""
    aside: str = ""


def list_any(given, flag):
    """Lists what a program names.

    Args:
      given: folder, CSV table or image file, as for `list_source`; a list of image files; or a
        `Source`, which is returned.
      flag: name of the flag that gives the same, for messages.

    Raises:
      InputError: as `list_source`; or for images that are no files.
    """
    if isinstance(given, Source):
        return given
    if isinstance(given, (str, os.PathLike)):
        return list_source(os.fspath(given), flag)
    if isinstance(given, (list, tuple)):
        return label_paths("list", [_locate(item) for item in given])
    raise _explain_no_files(given)


def leave_out(source, folder):
    """Returns a source without what lies in a folder: an index's own pictures."""
    inside = os.path.join(folder, "")
    rows = [row for row, path in enumerate(source.paths) if not path.startswith(inside)]
    return source.take(rows)


def list_source(name, flag):
    """Lists a folder with all folders in it, a CSV table, or one image file.

    In folders and for a single file, pid and camid are taken from names that begin as Market-1501's
    do, PID_cCAMERA. Hidden files and folders are left aside, links to folders are not followed.

    A table's first line names its columns: `path`, and if known `pid` and `camid`, whole numbers or
    texts, in any order; a column `split` is allowed and not used. Paths are relative to the table;
    an empty pid or camid is unknown.

    Args:
      name: folder or file.
      flag: name of the flag, for messages.

    Returns:
      `Source`; files of a table need not exist.

    Raises:
      InputError: where there is no such folder or file, no image, or a line that cannot be used.
    """
    path = make_absolute(name)
    check_answers(path, flag)
    if not path or not os.path.lexists(path):
        raise InputError(f"{flag}={name}: no such folder or file; check the name.")
    if os.path.isdir(path):
        return _list_folder(path, flag)
    if path.lower().endswith(".csv"):
        return _read_table(path)
    if path.lower().endswith(IMAGE_SUFFIXES):
        return label_paths(name, [path])
    raise InputError(
        f"{flag}={name}: neither a folder nor a .csv, {', '.join(IMAGE_SUFFIXES)} file."
    )


def label_paths(name, paths, aside=""):
    """Returns the `Source` of some files, each once, with what their names tell."""
    # In the order given, which a set would not keep.
    paths = list(dict.fromkeys(paths))
    matches = [NAME.match(os.path.basename(path)) for path in paths]
    numbers = [match.groups() if match else (UNKNOWN, UNKNOWN) for match in matches]
    numbers = np.array(numbers, np.int64).reshape(-1, 2).astype(np.int32)
    return Source(paths, *numbers.T, name=name, aside=aside)


def _list_folder(folder, flag):
    names, others = list_tree(folder)
    aside = tell_kinds(others)
    if not names:
        raise InputError(
            f"{flag}={folder}: no images; {' '.join(IMAGE_SUFFIXES)} files are read, but it "
            f"holds {aside or 'nothing'}."
        )
    return label_paths(folder, sorted(os.path.join(folder, name) for name in names), aside)


def _locate(item):
    """Returns the absolute path of an image file."""
    if not isinstance(item, (str, os.PathLike)):
        raise _explain_no_files(item)
    return make_absolute(os.fspath(item))


def _explain_no_files(given):
    return InputError(
        f"{describe_item(given)}: an index keeps where images lie; give a folder, a CSV table, an "
        "image file or a list of image files."
    )


def _read_table(table):
    rows, lines = [], {}
    for number, row in read_rows(table, COLUMNS[:1], COLUMNS[1:]):
        where = f"{table}:{number}"
        if not row["path"]:
            raise InputError(f"{where}: the path is empty.")
        path = make_absolute(os.path.join(os.path.dirname(table), row["path"]))
        known = lines.setdefault(path, number)
        if known != number:
            raise InputError(f"{where}: {path} is listed in line {known} already.")
        rows.append((where, path, row.get("pid", ""), row.get("camid", "")))
    if not rows:
        raise InputError(f"{table}: no images: there is no line below the first.")
    where, paths, pids, camids = zip(*rows)
    pids, people = number_labels(where, "pid", pids, JUNK_PID)
    camids, cameras = number_labels(where, "camid", camids, 0)
    labels = Labels(people | _NOBODY, cameras | _NOBODY)
    return Source(paths, _fill(pids), _fill(camids), labels, table)


def _fill(numbers):
    return [UNKNOWN if number is None else number for number in numbers]
