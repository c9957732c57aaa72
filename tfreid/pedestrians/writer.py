"""Writes the synthetic data set as a whole or not at all, and finds it again."""

import json
import os

from absl import logging

from tfreid.errors import InputError
from tfreid.files import write_folder
from tfreid.pedestrians.drawing import draw_pictures
from tfreid.pedestrians.layout import FOLDERS, SyntheticSettings

MARKER = "synthetic.json"


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
    """Returns the folder of the user's cache for these settings.

    Raises:
      InputError: for a user without a home.
    """
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    if cache.startswith("~"):
        raise InputError(
            "`data_dir` is not given and there is no home folder ($HOME) to draw the synthetic "
            "data set in; give a folder."
        )
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

    def draw(aside):
        for split in FOLDERS:
            os.mkdir(os.path.join(aside, split))
        draw_pictures(aside, settings)
        _write_marker(aside, settings)

    try:
        write_folder(folder, draw, lambda found: is_drawn(found, settings))
    except OSError as error:
        reason = (error.strerror or str(error)).strip()
        raise InputError(
            f"data_dir={folder}: cannot draw the synthetic data set there ({reason}). Give a "
            "folder on a disk that is writable and has 50 MB free."
        ) from error
    logging.info("Synthetic pedestrians drawn to %s.", folder)


def _check_replaceable(folder):
    """Raises InputError unless the folder is absent, empty or just an earlier drawing."""
    if not os.path.lexists(folder):
        return
    if not os.path.isdir(folder):
        raise InputError(f"data_dir={folder}: is a file; give a folder for dataset=synthetic.")
    others = sorted(set(os.listdir(folder)) - {*FOLDERS, MARKER})
    ours = _read_marker(folder) is not None
    if others or (os.listdir(folder) and not ours):
        example = others[0] if others else sorted(os.listdir(folder))[0]
        raise InputError(
            f"data_dir={folder}: holds {example}, which is no synthetic drawing, and is left as "
            "it is. Give an empty or new folder for dataset=synthetic."
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
