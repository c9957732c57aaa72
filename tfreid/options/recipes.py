"""Recipes by name: the flagfiles of configs/, which an installed wheel has inside."""

import os

from tfreid.errors import InputError

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_FOLDERS = (
    os.path.join(_PACKAGE, "recipes"),  # where setup.py puts them in a wheel
    os.path.join(os.path.dirname(_PACKAGE), "configs"),  # in a checkout
)
_ENDING = ".cfg"


def find_recipe(name):
    """Returns the path of a recipe, wherever the current folder is.

    Args:
      name: its file's name, with or without ".cfg".

    Raises:
      InputError: for a name that no recipe has.
    """
    name = name[: -len(_ENDING)] if name.endswith(_ENDING) else name
    if name not in list_recipes():
        raise InputError(f"--recipe={name}: no such recipe; there are {', '.join(list_recipes())}.")
    return os.path.join(_find_folder(), name + _ENDING)


def list_recipes():
    """Returns the names of all recipes, sorted."""
    names = os.listdir(_find_folder())
    return sorted(name[: -len(_ENDING)] for name in names if name.endswith(_ENDING))


def _find_folder():
    for folder in _FOLDERS:
        if os.path.isdir(folder):
            return folder
    raise InputError(
        f"{_FOLDERS[0]}: no recipes there; install tfreid anew, or start from a checkout."
    )
