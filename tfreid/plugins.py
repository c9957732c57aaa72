"""Tables that modules from outside the library may add to, and the modules that do."""

import collections
import importlib
import importlib.metadata
import os
import sys

from tfreid.errors import InputError

GROUP = "tfreid.plugins"  # of entry points: what is installed under it is as if always imported
_imported = []  # what `--import` named in this process


class Catalogue(collections.UserDict):
    """A dictionary of names that a module of `--import` may add to: `CATALOGUE["mine"] = ...`.

    A value of the form "module:attribute" is imported when it is asked for, so that names can be
    listed and checked without TensorFlow. Before a name is called unknown, the plugins that are
    installed are imported.
    """

    def __getitem__(self, name):
        value = super().__getitem__(name)
        if isinstance(value, str):
            module, _, attribute = value.partition(":")
            value = self[name] = getattr(importlib.import_module(module), attribute)
        return value

    def __contains__(self, name):
        if name not in self.data:
            _import_installed()
        return name in self.data

    def __missing__(self, name):
        if name in self:
            return self[name]
        raise KeyError(name)


def import_plugins(names):
    """Imports modules by name; those in the current folder are found, too.

    Raises:
      InputError: for a module that is not there.
    """
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    for name in names:
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:
            raise InputError(
                f"--import={name}: {error}; give a Python module that is installed, in the current "
                "folder or on PYTHONPATH."
            ) from error
        if name not in _imported:
            _imported.append(name)


def list_imported():
    """Returns the modules that `import_plugins` imported in this process, in that order."""
    return tuple(_imported)


def tell_missing(names):
    """Returns how to bring the modules that a run was made with; "" where none is missing.

    They are named and not imported: a folder from elsewhere must not choose what code is run.

    Args:
      names: the modules that its training imported.
    """
    missing = ",".join(name for name in names if name not in sys.modules)
    if not missing:
        return ""
    return (
        f"it was made with --import={missing}, whose code is run only where you say so; give "
        f"--import={missing} (in a program: import {missing})."
    )


def _import_installed():
    """Imports what installed packages name as entry points of `GROUP`."""
    for point in importlib.metadata.entry_points(group=GROUP):
        try:
            point.load()
        except Exception as error:  # whatever somebody else's module raises
            raise InputError(
                f"{point.value}: this installed plugin cannot be imported ({error!r}); mend or "
                "uninstall its package."
            ) from error
