"""The one error that a person, not a programmer, is meant to read."""

import difflib

_MOST = 200  # characters of somebody else's words


class InputError(ValueError):
    """What the user gave cannot work: a flag, a file, a folder, a disk.

    The message is one line that names the argument or file, its value, what is allowed and what to
    do. Arguments are named as "seed=0" or "`seed`", which a command makes "--seed=0" and "--seed"
    where it prints the line and exits with 1; a stack trace would only hide it.

    Attributes:
      faults: the lines of all that is wrong in the same way; the message tells the first.
    """

    faults = ()


def shorten(error):
    """Returns the words of an error of another library, in one line of some 200 characters."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= _MOST else f"{text[:_MOST]}..."


def suggest(name, names, most=1, end=" "):
    """Returns a question about the names that are nearest to one; "" where none is near.

    Capital letters and dashes are no difference.

    Args:
      name: what somebody typed.
      names: those that there are.
      most: how many are told.
      end: what follows the question.
    """
    plain = {_simplify(each): each for each in names}
    near = [plain[each] for each in difflib.get_close_matches(_simplify(name), plain, most)]
    return f"did you mean {' or '.join(near)}?{end}" if near else ""


def _simplify(name):
    return name.lower().replace("-", "_")


def gather(errors, rest):
    """Returns one `InputError` of several: the first, with the number of the others.

    Args:
      errors: list of `InputError`, at least one.
      rest: what to say of the others, after their number.
    """
    more = f" {len(errors) - 1:,} more {rest}." if len(errors) > 1 else ""
    gathered = InputError(f"{errors[0]}{more}")
    gathered.faults = [str(error) for error in errors]
    return gathered
