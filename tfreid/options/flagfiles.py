"""Flagfiles: a --name=value per line, among them other flagfiles and recipes."""

import os
import re

from tfreid.errors import InputError
from tfreid.options.recipes import find_recipe

_DIRECTIVE = re.compile(r"--?(flagfile|recipe)(?:=(.*))?", re.DOTALL)


def expand_flagfiles(argv):
    """Returns a command line with the flags of its flagfiles in their place.

    They are named by `--flagfile=PATH` and `--recipe=NAME` (see `find_recipe`). A relative path
    inside a flagfile is looked for beside that one, then from the current folder. absl knows the
    latter alone, so that recipes could be read from one folder only.

    Args:
      argv: the command line, program name first.

    Raises:
      InputError: for a flagfile that is missing, no text, or names itself.
    """
    return [*argv[:1], *_expand(argv[1:])]


def _expand(words, opened=()):
    """Returns the flags of some words; `opened` are the flagfiles that led to them."""
    flags, words = [], iter(words)
    for word in words:
        match = _DIRECTIVE.fullmatch(word)
        if not match:
            flags.append(word)
            continue
        kind, value = match.groups()
        value = (next(words, "") if value is None else value).strip()
        if not value:
            raise InputError(f"--{kind}=: give the {_WANTED[kind]}, or leave the flag out.")
        path = find_recipe(value) if kind == "recipe" else _find_flagfile(value, opened)
        if path in opened:
            raise InputError(f"--flagfile={path}: leads back to itself; leave it out there.")
        flags += _expand(_read_lines(path), (*opened, path))
    return flags


_WANTED = {"flagfile": "path of a flagfile", "recipe": "name of a recipe"}


def _find_flagfile(path, opened):
    path = os.path.expanduser(path)
    beside = os.path.join(os.path.dirname(opened[-1]), path) if opened else path
    return beside if os.path.isfile(beside) else path


def _read_lines(path):
    """Returns the words of a flagfile: its lines, but for empty ones and comments."""
    try:
        with open(path, encoding="utf-8") as file:
            lines = [line.strip() for line in file]
    except UnicodeDecodeError:
        raise InputError(
            f"--flagfile={path}: is not a text file; give one with a --name=value per line."
        ) from None
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", "") or str(error)).lower()
        raise InputError(
            f"--flagfile={path}: {reason}; give the path of a flagfile, seen from the current "
            "folder, or from the flagfile that names it."
        ) from error
    return [line for line in lines if line and not line.startswith(("#", "//"))]
