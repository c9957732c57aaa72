"""Draws the pictures of a data set to files, shared among processes where there are many."""

import concurrent.futures.process
import contextlib
import functools
import multiprocessing
import os
import signal
import sys
import threading
import types

from absl import logging
from PIL import Image

from tfreid.errors import InputError
from tfreid.pedestrians.cameras import CAMERAS
from tfreid.pedestrians.layout import plan_pictures
from tfreid.pedestrians.photograph import take_photograph
from tfreid.progress import Progress

_ALONE = 100  # so few pictures are not worth another process
_MOST = 16  # processes
_CHUNK = 16  # pictures handed to a process at a time


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


def count_cores():
    """Returns the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


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
