"""Embeddings of a run's newest evaluation, kept in its workdir and used again.

They are taken for a split's where the network (its weights, options and code) and every image (its
content) are the same. Renamed images are the same; a changed bit is not.
"""

import contextlib
import glob
import hashlib
import inspect
import io
import os

import numpy as np
import tensorflow as tf
from absl import logging

from tfreid.array_files import read_npz
from tfreid.errors import InputError, shorten
from tfreid.files import digest_file, write_aside
from tfreid.patience import HANGING, run_each

_THREADS = 16
_LIBRARY = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class KeptEmbeddings:
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

    def embed(self, side, embed, split, likeness):
        """Returns what `embed(split, likeness=likeness)` returns, from the file where that is it.

        Args:
          side: name of the file.
          embed: embeds all images of a split: float32[N, D].
          split: `Split`.
          likeness: uint8[N, LENGTH] that is filled.
        """
        key = self._digest(split)
        path = os.path.join(self._folder, f"{side}.npz")
        kept = key and _read(path, key)
        if kept:
            likeness[:] = kept["likeness"]
            return kept["embeddings"]
        embeddings = embed(split, likeness=likeness)
        if key and key == self._digest(split):  # else an image has changed meanwhile
            _write(path, key=key, embeddings=embeddings, likeness=likeness)
        return embeddings

    def _digest(self, split):
        """Returns what tells one network on some images from any other; None: nothing is kept."""
        if not self._folder or not len(split):
            return None
        digests = run_each(digest_file, split.paths, _THREADS, lambda path: OSError(HANGING))
        try:
            return hashlib.sha256(self._maker + b"".join(digests)).hexdigest()
        except (OSError, ValueError, TypeError):  # whoever embeds tells which cannot be read
            return None


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
        if str(kept["key"]) == key:
            return {name: kept[name] for name in ("embeddings", "likeness")}
    except FileNotFoundError:
        pass
    except (OSError, ValueError, KeyError) as error:
        logging.warning("%s: damaged (%s); embedded anew.", path, shorten(error))
    return None


def _write(path, **arrays):
    content = io.BytesIO()
    np.savez(content, **arrays)

    def write(aside):
        with open(aside, "wb") as file:
            file.write(content.getbuffer())

    try:
        write_aside(path, write)
    except InputError as error:
        logging.warning("embeddings are not kept: %s", error)
