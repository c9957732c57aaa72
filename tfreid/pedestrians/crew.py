"""Shares the drawing among processes and reports how long it will take.

The processes are started by command line, not by `multiprocessing`: its workers would import the
main program again, and with it TensorFlow.
"""

import dataclasses
import json
import os
import subprocess
import sys
import threading

from absl import logging

from tfreid import errors
from tfreid.pedestrians.artist import CANNOT_WRITE, draw_share
from tfreid.pedestrians.layout import plan_pictures
from tfreid.progress import Progress

_ALONE = 100  # so few pictures are not worth another process
_MOST = 16  # processes
_ARTIST = "import sys; from tfreid.pedestrians.artist import main; sys.exit(main(sys.argv[1:]))"


def count_cores():
    """Returns the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def draw_pictures(folder, settings, processes=None):
    """Draws all pictures of a data set into an existing folder with its three subfolders.

    Args:
      folder: where to.
      settings: `SyntheticSettings`.
      processes: how many draw; None: one for each core. The pictures do not depend on it.

    Raises:
      OSError: if a file cannot be written.
      RuntimeError: if a process ends before its work is done.
    """
    total = len(plan_pictures(settings))
    progress = Progress("Drawing synthetic pedestrians", total)
    processes = processes or (1 if total < _ALONE else min(count_cores(), _MOST))
    if processes == 1:
        for _ in draw_share(folder, settings, 0, 1):
            progress.advance()
        return
    logging.info("Drawing %d synthetic pedestrians with %d processes.", total, processes)
    artists = []
    try:
        for share in range(processes):
            artists.append(_start_artist(folder, settings, share, processes))
        _follow(artists, progress)
    finally:
        for artist in artists:
            artist.kill()
            artist.communicate()


def _follow(artists, progress):
    """Waits for all processes; each writes one line per picture."""
    lock = threading.Lock()

    def count(lines):
        for _ in lines:
            with lock:
                progress.advance()

    readers = [threading.Thread(target=count, args=(artist.stdout,)) for artist in artists]
    for reader in readers:
        reader.start()
    complaints = [artist.stderr.read() for artist in artists]
    for reader in readers:
        reader.join()
    for artist, complaint in zip(artists, complaints):
        if artist.wait() == CANNOT_WRITE:
            raise OSError(complaint.strip())
        if artist.returncode:
            raise RuntimeError(f"A drawing process ended ({artist.returncode}). {complaint}")


def _start_artist(folder, settings, share, shares):
    root = os.path.dirname(os.path.dirname(os.path.abspath(errors.__file__)))
    paths = [root, os.environ.get("PYTHONPATH", "")]
    command = [sys.executable, "-c", _ARTIST, folder]
    command += [json.dumps(dataclasses.asdict(settings)), str(share), str(shares)]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(path for path in paths if path),
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        },
    )
