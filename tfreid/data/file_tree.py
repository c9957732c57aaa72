"""The images of a folder and of all folders in it."""

import collections
import itertools
import os

from tfreid.data.findings import tell_number
from tfreid.data.specs import IMAGE_SUFFIXES
from tfreid.errors import InputError

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
        for name in names:
            suffix = os.path.splitext(name)[1].lower()
            if name.startswith("."):
                others["hidden file"] += 1
            elif suffix in IMAGE_SUFFIXES:
                paths.append(os.path.relpath(os.path.join(place, name), folder))
            else:
                others[f"{suffix or 'suffixless'} file"] += 1
    return sorted(paths), +others  # the sign drops kinds of which there are none


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
        raise InputError(f"{error.filename}: cannot be listed: {error.strerror}.") from error

    for place, folders, names in os.walk(folder, onerror=refuse):
        # In place: os.walk enters what is left of the list, in this order.
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield place, folders, names
