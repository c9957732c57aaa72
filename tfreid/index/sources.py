"""Where images come from: a folder, a CSV table or a single file."""

import collections
import dataclasses
import os
import re

import numpy as np

from tfreid.data.csv_rows import read_rows
from tfreid.data.findings import tell_number
from tfreid.data.folders import NAME
from tfreid.data.specs import IMAGE_SUFFIXES
from tfreid.errors import InputError
from tfreid.options.paths import make_absolute
from tfreid.serving.images import describe_item

UNKNOWN = -(2**31)  # no pid or camid is known: neither junk (-1) nor a distractor (0)
COLUMNS = ("path", "pid", "camid", "split")
_TOLD_KINDS = 8  # of files that are no images
_NUMBER = re.compile(r"-?[0-9]{1,9}")


@dataclasses.dataclass(frozen=True, eq=False)
class Source:
    """Images to add, to look for or to calibrate on.

    Attributes:
      name: what the user gave.
      paths: N absolute file names, each once.
      pids: int32[N]; UNKNOWN where neither name nor table tells.
      camids: int32[N]; likewise.
      aside: in words what lies in the folder besides, as in "2 .txt files"; empty for nothing.
    """

    name: str
    paths: tuple
    pids: np.ndarray
    camids: np.ndarray
    aside: str = ""

    def __len__(self):
        return len(self.paths)

    def take(self, rows):
        """Returns the source of some rows, int64[n], in that order."""
        paths = tuple(self.paths[row] for row in rows)
        return Source(self.name, paths, self.pids[rows], self.camids[rows], self.aside)


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

    A table's first line names its columns: `path`, and if known `pid` and `camid`, in any order; a
    column `split` is allowed and not used. Paths are relative to the table; an empty pid or camid
    is unknown.

    Args:
      name: folder or file.
      flag: name of the flag, for messages.

    Returns:
      `Source`; files of a table need not exist.

    Raises:
      InputError: where there is no such folder or file, no image, or a line that cannot be used.
    """
    path = make_absolute(name)
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
    paths = list(dict.fromkeys(paths))
    matches = [NAME.match(os.path.basename(path)) for path in paths]
    numbers = [match.groups() if match else (UNKNOWN, UNKNOWN) for match in matches]
    numbers = np.array(numbers, np.int64).reshape(-1, 2).astype(np.int32)
    return Source(name, tuple(paths), numbers[:, 0], numbers[:, 1], aside)


def _list_folder(folder, flag):
    paths, others = [], collections.Counter()
    for place, folders, names in _walk(folder):
        others["linked folder"] += sum(_is_link(place, name) for name in folders)
        for name in names:
            suffix = os.path.splitext(name)[1].lower()
            if name.startswith("."):
                others["hidden file"] += 1
            elif suffix in IMAGE_SUFFIXES:
                paths.append(os.path.join(place, name))
            else:
                others[f"{suffix or 'suffixless'} file"] += 1
    aside = _tell_others(+others)
    if not paths:
        raise InputError(
            f"{flag}={folder}: no images; {' '.join(IMAGE_SUFFIXES)} files are read, but it "
            f"holds {aside or 'nothing'}."
        )
    return label_paths(folder, sorted(paths), aside)


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


def _is_link(place, name):
    return os.path.islink(os.path.join(place, name))


def _tell_others(others):
    """Returns {kind: number of files} in words, the most common kinds only."""
    told = others.most_common(_TOLD_KINDS)
    words = [tell_number(number, kind) for kind, number in sorted(told)]
    rest = sum(others.values()) - sum(number for _, number in told)
    return ", ".join([*words, f"{rest:,} more"] if rest else words)


def _walk(folder):
    """Yields a folder and those in it, hidden ones left out: (path, names of folders, of files)."""

    def refuse(error):
        raise InputError(f"{error.filename}: cannot be listed: {error.strerror}.") from error

    for place, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield place, folders, names


def _read_table(table):
    rows, lines = [], {}
    for number, row in read_rows(table, COLUMNS[:1], COLUMNS[1:]):
        where = f"{table}:{number}"
        if not row["path"]:
            raise InputError(f"{where}: the path is empty.")
        path = os.path.normpath(os.path.join(os.path.dirname(table), row["path"]))
        known = lines.setdefault(path, number)
        if known != number:
            raise InputError(f"{where}: {path} is listed in line {known} already.")
        rows.append((path, _parse(where, row, "pid", -1), _parse(where, row, "camid", 0)))
    if not rows:
        raise InputError(f"{table}: no images: there is no line below the first.")
    paths, pids, camids = zip(*rows)
    return Source(table, paths, np.array(pids, np.int32), np.array(camids, np.int32))


def _parse(where, row, column, least):
    text = row.get(column, "")
    if not text:
        return UNKNOWN
    if not _NUMBER.fullmatch(text) or int(text) < least:
        raise InputError(
            f"{where}: {column} {text!r}; a whole number from {least} on, or nothing, is expected."
        )
    return int(text)


def to_known(number):
    """Returns a pid or camid as an int, None for UNKNOWN."""
    return None if number == UNKNOWN else int(number)
