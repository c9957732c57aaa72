"""Draws the synthetic data set, by several processes, whole or not at all; finds it again."""

import concurrent.futures.process
import contextlib
import functools
import json
import multiprocessing
import os
import signal
import sys
import threading
import types

import platformdirs
from absl import logging
from PIL import Image

from tfreid.cores import count_cores
from tfreid.errors import InputError
from tfreid.files import write_folder
from tfreid.home import find_own_folder
from tfreid.pedestrians.cameras import CAMERAS
from tfreid.pedestrians.layout import FOLDERS, SyntheticSettings, plan_pictures
from tfreid.pedestrians.photograph import take_photograph
from tfreid.progress import Progress
from tfreid.text_files import read_json

MARKER = "synthetic.json"
_ALONE = 100  # so few pictures are not worth another process
_MOST = 16  # processes
_CHUNK = 16  # pictures handed to a process at a time


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
    cure = "`data_dir` is not given: give a folder to draw the synthetic data set in"
    cache = find_own_folder(platformdirs.user_cache_dir, cure)
    return os.path.join(cache, f"synthetic-{settings.fingerprint()}")


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
        # Last: a folder with it is whole.
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
    names = sorted(os.listdir(folder))
    others = [name for name in names if name not in (*FOLDERS, MARKER)]
    # Without our marker even folders of our names may be somebody's own data.
    if _read_marker(folder) is None:
        others = others or names
    if others:
        raise InputError(
            f"data_dir={folder}: holds {others[0]}, which is no synthetic drawing, and is left as "
            "it is. Give an empty or new folder for dataset=synthetic."
        )


def _read_marker(folder):
    try:
        return read_json(os.path.join(folder, MARKER), "", {"format": str})
    except InputError:
        return None


def _write_marker(folder, settings):
    with open(os.path.join(folder, MARKER), "w", encoding="utf-8") as file:
        json.dump(settings.describe(), file, indent=1, sort_keys=True)
        file.write("\n")


def draw_pictures(folder, settings, processes=None):
    """Draws all pictures of a data set into an existing folder with its three subfolders.

    Args:
      folder: where to.
      settings: `SyntheticSettings`.
      processes: how many draw; None: one for each core. The pictures do not depend on it.

    Raises:
      OSError: if a file cannot be written.
      InputError: if a process ends before its work is done.
    """
    pictures = plan_pictures(settings)
    draw = functools.partial(draw_picture, folder, settings.height, settings.width)
    progress = Progress("Drawing synthetic pedestrians", len(pictures))
    processes = processes or (1 if len(pictures) < _ALONE else min(count_cores(), _MOST))
    for _ in map(draw, pictures) if processes == 1 else _share(draw, pictures, processes):
        progress.advance()


def draw_picture(folder, height, width, picture):
    """Writes the file of one `Picture`."""
    pixels = take_photograph(picture.shot, height, width)
    quality = CAMERAS[picture.shot.camera].quality
    Image.fromarray(pixels).save(os.path.join(folder, picture.path), quality=quality)


def _share(draw, pictures, processes):
    """Yields after each picture that one of several processes has drawn."""
    logging.info("Drawing %d synthetic pedestrians with %d processes.", len(pictures), processes)
    # Spawned: a fork would inherit TensorFlow's locks without the threads that free them.
    pool = concurrent.futures.ProcessPoolExecutor(
        processes, multiprocessing.get_context("spawn"), _follow_parent
    )
    try:
        with _hide_main_program():
            drawn = pool.map(draw, pictures, chunksize=_CHUNK)
        yield from drawn
    except concurrent.futures.process.BrokenProcessPool as error:
        raise InputError(
            "A process that draws synthetic pedestrians was killed, perhaps for want of memory; "
            "give the same command again."
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def _hide_main_program():
    """Keeps new processes from importing the main program: it may load TensorFlow, or draw."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _follow_parent():
    """Lets a process end with its parent, however that ends; Ctrl-C is the parent's to answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def wait():
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
