"""What a network made of the images of a run's newest evaluation: kept, and used again.

It is taken for a split's where the network (its weights, options and code) and every image (its
content) are the same. Renamed images are the same; a changed bit is not.
"""

import contextlib
import glob
import hashlib
import inspect
import os

import numpy as np
import tensorflow as tf
from absl import logging

from tfreid.array_files import MOST_BYTES, read_npz
from tfreid.errors import InputError, shorten
from tfreid.files import digest_file, write_aside
from tfreid.patience import run_each

_THREADS = 16
_MOST_BYTES = MOST_BYTES - 2**16  # of the arrays in a file that is read again
_LIBRARY = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Kept:
    """A folder with one file for each side of an evaluation; without a folder nothing is kept."""

    def __init__(self, folder, network, *facts):
        """Names what embeds.

        Args:
          folder: where the files are; "" for nowhere.
          network: has `weights`, or nothing is kept.
          facts: whose text says how images are read and embedded.
        """
        self._folder = folder if getattr(network, "weights", None) else ""
        self._maker = _digest_maker(network, facts) if self._folder else b""

    def make(self, side, make, split, likeness):
        """Returns what `make(split, likeness=likeness)` returns, from the file where that is it.

        Args:
          side: name of the file.
          make: makes {name: array [N, ...]} of all images of a split.
          split: `Split`.
          likeness: uint8[N, LENGTH] that is filled.
        """
        before = _look(split, _mark_and_digest) if self._folder else None
        key = before and self._name(digest for _, digest in before)
        path = os.path.join(self._folder, f"{side}.npz")
        kept = key and _read(path, key)
        if kept:
            likeness[:] = kept.pop("likeness")
            return kept
        arrays = make(split, likeness=likeness)
        if key and [mark for mark, _ in before] == _look(split, _mark):  # else one has changed
            _write(path, {"key": np.array(key), "likeness": likeness, **arrays})
        return arrays

    def _name(self, digests):
        """Returns what tells one network on some images from any other."""
        return hashlib.sha256(self._maker + b"".join(digests)).hexdigest()


def _look(split, look):
    """Returns what a function returns of each file of a split; None where it cannot."""
    try:
        looks = list(run_each(look, split.paths, _THREADS, lambda path: None))
    except (OSError, ValueError, TypeError, InputError):
        return None  # whoever embeds tells which cannot be read
    return None if None in looks else looks


def _mark_and_digest(path):
    return _mark(path), digest_file(path)


def _mark(path):
    """Returns what any change of a file changes; far sooner there than a digest."""
    # The ctime, too: a program can set the mtime back.
    facts = os.stat(path)
    return facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns


def _digest_maker(network, facts):
    policy = getattr(network, "dtype_policy", None)
    told = repr([tf.__version__, str(policy), *map(str, facts)])
    digest = hashlib.sha256(told.encode())
    for path in _list_code(network):
        with open(path, "rb") as file:
            digest.update(file.read())
    for weight in network.weights:
        digest.update(f"{weight.name} {weight.shape}".encode() + weight.numpy().tobytes())
    return digest.digest()


def _list_code(network):
    """Returns the files of this library, and of a plugin's network and layers."""
    paths = set(glob.glob(f"{_LIBRARY}/**/*.py", recursive=True))
    for kind in {type(module) for module in (network, *network.submodules)}:
        with contextlib.suppress(TypeError, OSError):
            paths.add(inspect.getfile(kind))
    return sorted(paths)


def _read(path, key):
    """Returns {name: array} of a file; None where there is none, or it is of something else."""
    try:
        kept = read_npz(path)
        if str(kept.pop("key")) == key and "likeness" in kept:
            return kept
    except FileNotFoundError:
        pass
    except (OSError, ValueError, KeyError) as error:
        logging.warning("%s: damaged (%s); made anew.", path, shorten(error))
    return None


def _write(path, arrays):
    size = sum(array.nbytes for array in arrays.values())
    if size > _MOST_BYTES:
        logging.info("%s: %.1f GB are not kept; at most 1 GB is.", path, size / 1e9)
        return

    def write(aside):
        with open(aside, "wb") as file:
            np.savez(file, **arrays)

    try:
        write_aside(path, write)
    except InputError as error:
        logging.warning("embeddings are not kept: %s", error)
