"""Public names of a package that are imported when they are first used."""

import importlib
import sys


def offer(package, homes):
    """Returns what a package needs to import its public names late.

        __getattr__, __dir__, __all__ = offer(__name__, {"Dataset": "records", ...})

    Args:
      package: its `__name__`.
      homes: {public name: module of the package that has it}; a module stands for itself, and a
        whole name, from `tfreid.` on, for a module elsewhere.
    """

    def get(name):
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        home = homes[name]
        elsewhere = home.startswith("tfreid.")
        module = importlib.import_module(home if elsewhere else f"{package}.{home}")
        return module if name == home else getattr(module, name)

    def list_names():
        return sorted({*vars(sys.modules[package]), *homes})

    return get, list_names, list(homes)
