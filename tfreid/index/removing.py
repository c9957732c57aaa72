"""Which images a user means by an id or a path."""

import os

import numpy as np

from tfreid.errors import InputError
from tfreid.options.paths import make_absolute


def find_ids(snapshot, target):
    """Returns int64[n], the ids of the live images that a text names.

    An id, the path of an image, or a folder's path, which means all images below it. Files need not
    be there any more. Several may be given with commas between; a path that is in the index as a
    whole is taken as a whole.

    Raises:
      InputError: where nothing of that name is in the index.
    """
    items = snapshot.items
    paths = {items.paths[row]: items.ids[row] for row in snapshot.live}
    if make_absolute(target) in paths:
        return np.array([paths[make_absolute(target)]])
    found = [_find(snapshot, paths, part.strip()) for part in target.split(",") if part.strip()]
    if not found:
        raise InputError(f"--remove={target}: names nothing; give an id or a path.")
    return np.unique(np.concatenate(found))


def _find(snapshot, paths, name):
    path = make_absolute(name)
    if path in paths:
        return [paths[path]]
    if name.isascii() and name.isdigit():
        ids = snapshot.items.ids[snapshot.live]
        if len(name) < 19 and int(name) in ids:
            return [int(name)]
        raise InputError(f"--remove={name}: no image of this id is in the index.")
    below = [number for path_, number in paths.items() if path_.startswith(path + os.sep)]
    if not below:
        raise InputError(f"--remove={name}: no image of this path, or below it, is in the index.")
    return below
