"""Shares the drawing among processes and reports how long it will take."""

import dataclasses
import json
import os
import subprocess
import sys
import threading
import time

from absl import logging

import tfreid
from tfreid.data.synthetic.artist import draw_share
from tfreid.data.synthetic.layout import plan_pictures

_ALONE = 100  # so few pictures are not worth another process
_REPORT_SECONDS = 2.0


class Progress:
    """Counts pictures, from any thread, and logs the time that remains."""

    def __init__(self, total):
        self.done, self.total = 0, total
        self._start = self._reported = time.monotonic()
        self._lock = threading.Lock()

    def advance(self):
        """Counts one picture."""
        with self._lock:
            self.done += 1
            now = time.monotonic()
            if now - self._reported < _REPORT_SECONDS:
                return
            self._reported = now
            remain = (now - self._start) / self.done * (self.total - self.done)
        logging.info(
            "Drawing synthetic pedestrians: %d of %d, %.0f s remain.",
            self.done,
            self.total,
            remain,
        )


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
    """
    total = len(plan_pictures(settings))
    progress = Progress(total)
    processes = processes or (1 if total < _ALONE else min(count_cores(), 16))
    if processes == 1:
        for _ in draw_share(folder, settings, 0, 1):
            progress.advance()
        return
    logging.info("Drawing %d synthetic pedestrians with %d processes.", total, processes)
    artists = []
    try:
        for share in range(processes):
            artists.append(_start_artist(folder, settings, share, processes))
        readers = [threading.Thread(target=_follow, args=(a, progress)) for a in artists]
        for reader in readers:
            reader.start()
        errors = [artist.stderr.read() for artist in artists]
        for reader in readers:
            reader.join()
        for artist, error in zip(artists, errors):
            if artist.wait():
                raise OSError(_last_line(error))
    finally:
        for artist in artists:
            artist.kill()
            artist.communicate()


def _start_artist(folder, settings, share, shares):
    root = os.path.dirname(os.path.dirname(os.path.abspath(tfreid.__file__)))
    paths = [root, os.environ.get("PYTHONPATH", "")]
    command = [sys.executable, "-m", "tfreid.data.synthetic.artist", folder]
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


def _follow(artist, progress):
    for _ in artist.stdout:
        progress.advance()


def _last_line(text):
    lines = text.strip().splitlines()
    return lines[-1] if lines else "a drawing process ended"
