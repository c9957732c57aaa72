"""Names of files that are there under another form of the same name."""

import os
import unicodedata


def tell_other_form(path):
    """Returns " (...)" with what is there in place of a path that is not; "" where nothing is.

    A name may look the same and be another one: a letter with its accent is one character on one
    system and two on another; Windows' tables have backslashes; blanks and quotes come by copying.
    """
    forms = {
        "one with / in place of \\ is there": path.replace("\\", "/"),
        "one without the quotes is there": path.replace('"', "").replace("'", ""),
        "one without the blanks around it is there": path.strip(),
    }
    for told, other in forms.items():
        if other != path and os.path.lexists(other):
            return f" ({told})"
    found = _find_lookalike(path)
    return f" ({found} is there, written by other characters: copy its name from `ls`)" * bool(
        found
    )


def _find_lookalike(path):
    """Returns the name in a path's folder that differs in case or in the form of Unicode only."""
    folder, name = os.path.split(os.path.abspath(path))
    try:
        names = os.listdir(folder)
    except OSError:
        return None
    return next((other for other in sorted(names) if _fold(other) == _fold(name)), None)


def _fold(name):
    # NFKC makes full-width and composed letters plain; Cf are characters that are not seen.
    visible = (c for c in unicodedata.normalize("NFKC", name) if unicodedata.category(c) != "Cf")
    return "".join(visible).casefold()
