"""The images of a folder and of all folders in it."""

import collections
import itertools
import os
import unicodedata

from tfreid.data.findings import tell_number
from tfreid.data.specs import IMAGE_SUFFIXES
from tfreid.errors import InputError
from tfreid.patience import iterate

_FOLDERS = 1000  # that are looked into for one image
_TOLD_KINDS = 8  # of files that are no images


def list_tree(folder):
    """Lists the images in a folder and all below it; hidden folders and links are not entered.

    Returns:
      (paths of the images, from the folder on, sorted; Counter of everything else by kind: "hidden
      file", "linked folder" or the suffix, as in ".txt file").

    Raises:
      InputError: for a folder that cannot be listed.
    """
    paths, others = [], collections.Counter()
    for place, folders, names in _walk(folder):
        others["linked folder"] += sum(os.path.islink(os.path.join(place, n)) for n in folders)
        images, more = part_names(names)
        paths += [os.path.relpath(os.path.join(place, name), folder) for name in images]
        others += more  # which drops kinds of which there are none
    return sorted(paths), others


def part_names(names):
    """Returns (sorted names of images, Counter of the other files' names by kind)."""
    images, others = [], collections.Counter()
    for name in names:
        suffix = os.path.splitext(name)[1].lower()
        if name.startswith("."):
            others["hidden file"] += 1
        elif suffix in IMAGE_SUFFIXES:
            images.append(name)
        else:
            others[f"{suffix or 'suffixless'} file"] += 1
    return sorted(images), others


def find_image(folder):
    """Returns the path of an image in a folder or below it; "" where the first folders hold none.

    Not all are looked into: the folder may be a whole disk, given by mistake.
    """
    for place, _, names in itertools.islice(_walk(folder), _FOLDERS):
        for name in sorted(names):
            if name.lower().endswith(IMAGE_SUFFIXES) and not name.startswith("."):
                return os.path.relpath(os.path.join(place, name), folder)
    return ""


def tell_kinds(others):
    """Returns {kind: number of files} in words, the most common kinds only."""
    told = others.most_common(_TOLD_KINDS)
    words = [tell_number(number, kind) for kind, number in sorted(told)]
    rest = sum(others.values()) - sum(number for _, number in told)
    return ", ".join([*words, f"{rest:,} more"] if rest else words)


def check_names(folder, names):
    """Raises `InputError` for a name that is not UTF-8: TensorFlow and terminals take no other."""
    for name in names:
        try:
            os.path.join(folder, name).encode()
        except UnicodeEncodeError:
            path = ascii(os.path.join(folder, name))
            raise InputError(f"{path}: the name is not UTF-8; rename it.") from None


def _walk(folder):
    """Yields a folder and those in it, hidden ones left out: (path, names of folders, of files)."""

    def refuse(error):
        raise error

    try:
        for place, folders, names in iterate(os.walk(folder, onerror=refuse)):
            # In place: os.walk enters what is left of the list, in this order.
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            yield place, folders, names
    except OSError as error:
        place = error.filename or folder
        raise InputError(f"{place}: cannot be listed: {error.strerror}.") from error


def tell_other_form(path):
    """Returns " (...)" with what is there in place of a path that is not; "" where nothing is.

    A name may look the same and be another one: a letter with its accent is one character on one
    system and two on another; Windows' tables have backslashes; blanks and quotes come by copying.
    """
    if os.path.islink(path):
        return " (a link that leads to nothing is there)"
    forms = {
        "one with / in place of \\ is there": path.replace("\\", "/"),
        "one without the quotes is there": path.replace('"', "").replace("'", ""),
        "one without the blanks around it is there": path.strip(),
    }
    for told, other in forms.items():
        if other != path and os.path.lexists(other):
            return f" ({told})"
    found = _find_lookalike(path)
    return f" ({found} is there, written by other characters: copy its name from `ls`)" * bool(
        found
    )


def _find_lookalike(path):
    """Returns the name in a path's folder that differs in case or in the form of Unicode only."""
    folder, name = os.path.split(os.path.abspath(path))
    try:
        names = os.listdir(folder)
    except OSError:
        return None
    return next((other for other in sorted(names) if _fold(other) == _fold(name)), None)


def _fold(name):
    # NFKC makes full-width and composed letters plain; Cf are characters that are not seen.
    visible = (c for c in unicodedata.normalize("NFKC", name) if unicodedata.category(c) != "Cf")
    return "".join(visible).casefold()
