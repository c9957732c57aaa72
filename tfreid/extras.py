"""Packages that only some need: what they are for says how to get them."""

import importlib

from tfreid.errors import InputError


def import_extra(name, extra):
    """Returns a module of a package that an extra brings.

    Args:
      name: of the module.
      extra: of pyproject.toml, such as "parquet".

    Raises:
      InputError: where the package is not installed, or does not fit what is.
    """
    try:
        return importlib.import_module(name)
    except (ImportError, AttributeError) as error:  # the latter of packages that do not fit
        package = name.split(".")[0]
        raise InputError(
            f"{package}: cannot be imported ({' '.join(str(error).split())}); "
            f"pip install 'tfreid[{extra}]'."
        ) from error
