"""The one error that a person, not a programmer, is meant to read."""


class InputError(ValueError):
    """What the user gave cannot work: a flag, a file, a folder, a disk.

    The message is one line that names the argument or file, its value, what is allowed and what to
    do. Arguments are named as "seed=0" or "`seed`", which a command makes "--seed=0" and "--seed"
    where it prints the line and exits with 1; a stack trace would only hide it.
    """
