"""Flagfiles: a --name=value per line, among them other flagfiles; recipes are those of configs/."""

import io
import os
import re

from tfreid.errors import InputError, suggest
from tfreid.escaping import escape_typed
from tfreid.home import expand_home
from tfreid.text_files import read_text

_MOST_BYTES = 1 << 20
_FORM = "write --name=value, one a line"
# One dash or two, as absl has it.
_LINE = re.compile(r"--?[a-zA-Z]\w*(=.*)?", re.ASCII | re.DOTALL)
_SLIPS = {  # what people write as in other files of settings
    r"--?\w+(\s+=.*|=\s.*)": "has a blank beside the =",
    r"--?\w+\s+[^-\s].*": "has a blank where = belongs",
    r"--?\w+=(['\"\u201c\u2018]).*(\1|\u201d|\u2019)": "has quotes, which a file needs none of",
    r"--?\w+(=(?!-).*)?\s--?[a-zA-Z]\w*(=.*)?": "holds more than one flag",
    r".*\s#(\s.*)?": "has a comment, which belongs on a line of its own",
}
_DIRECTIVE = re.compile(r"--?(flagfile|recipe)(?:=(.*))?", re.DOTALL)
# Recipes lie in a wheel, too.
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_FOLDERS = (
    os.path.join(_PACKAGE, "recipes"),  # where setup.py puts them in a wheel
    os.path.join(os.path.dirname(_PACKAGE), "configs"),  # in a checkout
)
_ENDING = ".cfg"


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
    path = expand_home(path)
    beside = os.path.join(os.path.dirname(opened[-1]), path) if opened else path
    return beside if os.path.isfile(beside) else path


def _read_lines(path):
    """Returns the words of a flagfile: its lines, but for empty ones and comments."""
    cure = "give the path of a flagfile, seen from the current folder or from the one that names it"
    name = f"--flagfile={path}"
    return parse_lines(read_text(path, cure, _MOST_BYTES, name), name)


def parse_lines(text, name):
    """Returns the flags of a flagfile's text.

    Args:
      text: the text.
      name: what the message calls the file.

    Raises:
      InputError: for a line that is no --name=value, with what it looks like.
    """
    # newline=None: with the line ends of other systems, too.
    lines = [line.strip() for line in io.StringIO(text, newline=None)]
    # Both signs of absl's flagfiles.
    lines = [line for line in lines if line and not line.startswith(("#", "//"))]
    for line in lines:
        slip = next((told for form, told in _SLIPS.items() if re.fullmatch(form, line)), None)
        if slip or not _LINE.fullmatch(line):
            raise InputError(f"{name}: {escape_typed(line)}: {slip or 'is no flag'}; {_FORM}.")
    return lines


def check_keeps(name, text):
    """Raises `InputError` for the value of an option that would not come back from a flagfile."""
    line = f"--{name}={text}"
    try:
        line.encode()
        is_kept = parse_lines(line, "") == [line]
    except (UnicodeEncodeError, InputError):
        is_kept = False
    if not is_kept:
        raise InputError(
            f"{name}={escape_typed(text)}: cannot be kept in a run's flags.cfg as it is (a line "
            "break, a blank at an end, bytes that are no UTF-8, or what looks like quotes, a "
            "comment or another flag); rename it, or link it under another name."
        )


def find_recipe(name):
    """Returns the path of a recipe, wherever the current folder is.

    Args:
      name: its file's name, with or without ".cfg".

    Raises:
      InputError: for a name that no recipe has.
    """
    name = name[: -len(_ENDING)] if name.endswith(_ENDING) else name
    names = list_recipes()
    if name not in names:
        raise InputError(
            f"--recipe={name}: no such recipe; {suggest(name, names)}there are {', '.join(names)}."
        )
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
