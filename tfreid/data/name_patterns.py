"""Patterns that say where in an image's path its person and camera stand: {pid}/{camid}_{}.png."""

import os
import re
import string

from tfreid.data.file_tree import find_image
from tfreid.errors import InputError
from tfreid.options.flags import tell_command

FIELDS = ("pid", "camid")
_FORM = "'{pid}/{camid}_{}.png', where {} is anything"
# Folders that part images, not people.
_PARTS = re.compile(r"(bounding_box_)?(train(ing)?|test|val(idation)?|query|gallery)", re.I)


def compile_pattern(pattern):
    """Returns the regular expression of a pattern, with the groups of `FIELDS` that it names.

    A field is at least one character and takes as few as fit, none of them a slash; {} may be
    empty. A field that is named twice is the same text twice.

    Raises:
      InputError: for braces that do not pair, another field, or a pattern without {pid}.
    """
    text, named = "", set()
    for literal, field, rest in _parse(pattern):
        # A point in a name is a point, not any character.
        text += re.escape(literal)
        if field is None:
            continue
        if rest or field not in ("", *FIELDS):
            raise InputError(
                f"pattern={pattern}: {{{field}{rest}}} is unknown; write {{pid}}, {{camid}} and "
                f"{{}} as in {_FORM}."
            )
        if field and field in named:
            text += f"(?P={field})"
        else:
            text += f"(?P<{field}>[^/]+?)" if field else "[^/]*?"
        named.add(field)
    if "pid" not in named:
        raise InputError(f"pattern={pattern}: names no {{pid}}; write one as in {_FORM}.")
    return re.compile(text)


def suggest_table(folder):
    """Returns the command that makes a table of a folder, by what it holds; "" where none can."""
    try:
        pattern = _guess(find_image(folder))
    except InputError:
        return ""
    if not pattern:
        return ""
    return tell_command("make-table", folder, pattern=pattern, out="photos.csv")


def _parse(pattern):
    """Returns [(literal text, name of the field after it or None, what else its braces hold)]."""
    try:
        parts = list(string.Formatter().parse(pattern))
    except ValueError as error:
        raise InputError(f"pattern={pattern}: {error}; write it as in {_FORM}.") from error
    return [
        (literal, field, f"!{conversion}" if conversion else f":{spec}" if spec else "")
        for literal, field, spec, conversion in parts
    ]


def _guess(path):
    """Returns the pattern that an image's path looks like; "" for none."""
    *folders, name = path.split(os.sep)
    parted = bool(folders) and bool(_PARTS.fullmatch(folders[0]))
    people = folders[parted:]
    head = "{}/" * parted
    if people:
        return head + "/".join(["{pid}", "{camid}", *["{}"] * len(people)][: len(people)] + ["{}"])
    mark = re.search("[_-]", name)
    return f"{head}{{pid}}{mark[0]}{{}}" if mark else ""
