"""A machine without a home folder: containers run programs as users that own none."""

import atexit
import contextlib
import os
import shutil
import tempfile

from tfreid.errors import InputError


def provide_folders():
    """Gives matplotlib and Keras temporary folders for their files where there is no home for them.

    Without one, importing matplotlib fails (a user that the machine does not know), or warns at
    every start, and Keras 2 writes its settings below the current folder, into one named ~.
    Programs that this one starts use the same folders; they go when this one ends.
    """
    if not _can_keep_files():
        _provide("MPLCONFIGDIR")
    # Of a home that cannot be written Keras reads its settings all the same.
    if not _has_home():
        _provide("KERAS_HOME")


def _provide(variable):
    if variable not in os.environ:
        folder = os.environ[variable] = tempfile.mkdtemp(prefix="tfreid-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)


@contextlib.contextmanager
def lend_home():
    """Gives what is loaded meanwhile a home where there is none, and leaves it as it was.

    kagglehub, below keras-cv, asks for one while it is imported, and fails without.
    """
    before = os.environ.get("HOME")
    if not os.path.isabs(os.path.expanduser("~")):
        os.environ["HOME"] = tempfile.gettempdir()
    try:
        yield
    finally:
        os.environ.pop("HOME", None)
        if before is not None:
            os.environ["HOME"] = before


def expand_home(path):
    """Returns a path with the home folder in place of its ~.

    Raises:
      InputError: where there is no such home: "~" would become a folder of that name, or of the one
        that HOME has, in the current folder.
    """
    expanded = os.path.expanduser(path)
    if path.startswith("~") and not os.path.isabs(expanded):
        raise InputError(
            f"{path}: there is no home folder that ~ could stand for; give the whole path (./~ for "
            "a name that begins so)."
        )
    return expanded


def find_own_folder(find, cure):
    """Returns tfreid's folder in the user's home.

    Args:
      find: `platformdirs.user_cache_dir`, or another one of these.
      cure: what to do where there is no home.

    Raises:
      InputError: where there is none.
    """
    try:
        folder = find("tfreid", appauthor=False)
    except RuntimeError:  # platformdirs 4.12 says so; older ones return a path that begins with ~
        folder = "~"
    if not os.path.isabs(folder):
        raise InputError(f"there is no home folder; {cure}.")
    return folder


def _can_keep_files():
    """Returns whether the home exists and matplotlib's two folders in it can be written."""
    return _has_home() and all(
        _is_writable(os.environ.get(variable) or os.path.expanduser(f"~/{name}"))
        for variable, name in (("XDG_CONFIG_HOME", ".config"), ("XDG_CACHE_HOME", ".cache"))
    )


def _has_home():
    home = os.path.expanduser("~")
    return os.path.isabs(home) and os.path.isdir(home)


def _is_writable(folder):
    """Returns whether a folder can be written, or made."""
    while not os.path.exists(folder) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    return os.path.isdir(folder) and os.access(folder, os.W_OK)
