"""Writes the synthetic data set as a whole or not at all, and finds it again."""

import glob
import json
import os
import shutil
import tempfile
import time

from absl import logging

from tfreid.errors import InputError
from tfreid.pedestrians.crew import draw_pictures
from tfreid.pedestrians.layout import FOLDERS
from tfreid.pedestrians.settings import SyntheticSettings

MARKER = "synthetic.json"
_SECONDS_A_DAY = 86400


def prepare_synthetic(data_dir="", settings=None):
    """Returns the folder of the synthetic data set, drawing it there if it is not yet there.

    Args:
      data_dir: where to draw it; empty: a folder of the user's cache
        (`$XDG_CACHE_HOME` or `~/.cache`, then tfreid/synthetic-<fingerprint>).
      settings: `SyntheticSettings`; None: the defaults.

    Returns:
      The folder, in the layout of Market-1501.

    Raises:
      InputError: if the folder holds something else, or cannot be written.
    """
    settings = settings or SyntheticSettings()
    folder = os.path.abspath(data_dir or find_cache_folder(settings))
    if not is_drawn(folder, settings):
        write_synthetic(folder, settings)
    return folder


def find_cache_folder(settings):
    """Returns the folder of the user's cache for these settings."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(cache, "tfreid", f"synthetic-{settings.fingerprint()}")


def is_drawn(folder, settings):
    """Returns whether a folder holds the complete drawing of exactly these settings."""
    return _read_marker(folder) == settings.describe()


def write_synthetic(folder, settings):
    """Draws a data set aside and puts it in place when it is complete.

    An older drawing of ours is replaced; anything else is refused. Of two processes that draw the
    same folder at once, the one that finishes first wins and the other uses its work.

    Raises:
      InputError: if the folder holds something else, or cannot be written.
    """
    folder = os.path.abspath(folder)
    _check_replaceable(folder)
    parent, name = os.path.split(folder)
    try:
        os.makedirs(parent, exist_ok=True)
        aside = tempfile.mkdtemp(prefix=f".{name}-", dir=parent)
    except OSError as error:
        raise _explain(folder, error) from error
    _sweep(parent, name)
    try:
        for split in FOLDERS:
            os.mkdir(os.path.join(aside, split))
        draw_pictures(aside, settings)
        _write_marker(aside, settings)
        os.chmod(aside, 0o777 & ~_get_umask())
        _put_in_place(aside, folder, settings)
    except OSError as error:
        raise _explain(folder, error) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    logging.info("Synthetic pedestrians drawn to %s.", folder)


def _sweep(parent, name):
    """Removes what drawings that were killed, a day ago or more, have left aside."""
    for aside in glob.glob(os.path.join(glob.escape(parent), f".{glob.escape(name)}-*")):
        if time.time() - os.path.getmtime(aside) > _SECONDS_A_DAY:
            shutil.rmtree(aside, ignore_errors=True)


def _explain(folder, error):
    reason = (error.strerror or str(error)).strip()
    return InputError(
        f"--data_dir={folder}: cannot draw the synthetic data set there ({reason}). Give a folder "
        "on a disk that is writable and has 50 MB free."
    )


def _check_replaceable(folder):
    """Raises InputError unless the folder is absent, empty or just an earlier drawing."""
    if not os.path.lexists(folder):
        return
    if not os.path.isdir(folder):
        raise InputError(f"--data_dir={folder}: is a file; give a folder for --dataset=synthetic.")
    others = sorted(set(os.listdir(folder)) - {*FOLDERS, MARKER})
    ours = _read_marker(folder) is not None
    if others or (os.listdir(folder) and not ours):
        example = others[0] if others else sorted(os.listdir(folder))[0]
        raise InputError(
            f"--data_dir={folder}: holds {example}, which is no synthetic drawing, and is left as "
            "it is. Give an empty or new folder for --dataset=synthetic."
        )


def _read_marker(folder):
    try:
        with open(os.path.join(folder, MARKER), encoding="utf-8") as file:
            marker = json.load(file)
    except (OSError, ValueError):
        return None
    return marker if isinstance(marker, dict) and marker.get("format") else None


def _write_marker(folder, settings):
    with open(os.path.join(folder, MARKER), "w", encoding="utf-8") as file:
        json.dump(settings.describe(), file, indent=1, sort_keys=True)
        file.write("\n")


def _get_umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _put_in_place(aside, folder, settings):
    """Renames the finished drawing; an older one is first renamed away."""
    if is_drawn(folder, settings):
        return  # another process was faster
    if os.path.isdir(folder) and os.listdir(folder):
        away = tempfile.mkdtemp(prefix=os.path.basename(aside), dir=os.path.dirname(folder))
        os.replace(folder, away)
        shutil.rmtree(away, ignore_errors=True)
    try:
        os.replace(aside, folder)
    except OSError:
        if not is_drawn(folder, settings):
            raise
