"""Where weights lie on this machine."""

import importlib.util
import os

import platformdirs

from tfreid.errors import InputError
from tfreid.home import find_own_folder

VARIABLE = "TFREID_CACHE"
_ENDINGS = (".tar.gz", ".safetensors", ".pth", ".pt")


def find_cache():
    """Returns the folder of fetched weights: `$TFREID_CACHE`, else in the user's cache folder.

    Raises:
      InputError: where neither is there: a user without a home.
    """
    folder = os.environ.get(VARIABLE) or find_own_folder(
        platformdirs.user_cache_dir, f"to keep weights, set {VARIABLE} to a folder"
    )
    return os.path.join(os.path.abspath(folder), "weights")


def find_place(name, weights):
    """Returns the path at which the file of some weights lies, or would lie.

    Args:
      name: key of `WEIGHTS`.
      weights: its `Weights`.

    Raises:
      InputError: for a file of a package that is not installed, or without a cache folder.
    """
    if weights.packaged:
        return _find_in_package(name, weights)
    (ending, *_) = (ending for ending in _ENDINGS if weights.address.endswith(ending))
    return os.path.join(find_cache(), name + ending)


def is_here(name, weights):
    """Returns whether the file of some weights lies on this machine."""
    try:
        return os.path.isfile(find_place(name, weights))
    except InputError:
        return False


def _find_in_package(name, weights):
    package, _, path = weights.packaged.partition(":")
    try:  # looked up, not imported: nothing of it is run
        found = importlib.util.find_spec(package)
    except ModuleNotFoundError:
        found = None
    for folder in found.submodule_search_locations if found else ():
        return os.path.join(folder, path)
    raise InputError(f"{name}: the package {package} is not installed ({weights.terms}).")
