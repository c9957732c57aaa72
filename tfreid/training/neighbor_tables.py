"""Tables of each training image's nearest images of other identities, kept in the workdir."""

import glob
import json
import os

import numpy as np
import tensorflow as tf
from absl import logging

from tfreid.data.batches import IMAGE
from tfreid.data.neighbors import find_neighbors
from tfreid.data.pipeline import read_eval_batches
from tfreid.data.progress import Progress
from tfreid.errors import InputError
from tfreid.files import write_aside
from tfreid.training.devices import is_chief

_BATCH = 64


class NeighborTables:
    """Builds a table by the network's pooled features, stores it, and finds it again.

    A table belongs to the step whose weights it was made with: step 0, and with `refresh_steps`
    every multiple of it. A run that goes on takes the stored one, so that it ends as if it had
    never stopped.

    Args:
      folder: where the tables lie.
      split: `Split` of the training images.
      dataset: `Dataset` of the split, for the fingerprint.
      options: `TrainOptions` with `SetwiseLearningOptions`.
    """

    def __init__(self, folder, split, dataset, options):
        self._folder = folder
        self._split = split
        self._options = options
        learning = options.learning
        self._fingerprint = {
            "data": dataset.fingerprint()["sha256"],
            "images": len(split),
            "num_neighbors": learning.num_neighbors,
            "num_identities": learning.set_size - 1,
        }

    def find(self, step, network):
        """Returns the table for the training steps from `step` on, int32[N, n].

        Args:
          step: steps done.
          network: with the weights of that step; used where a table is due.

        Raises:
          InputError: for a table of other data, or one that is missing or damaged.
        """
        every = self._options.learning.refresh_steps
        made_at = step // every * every if every else 0
        path = os.path.join(self._folder, f"step-{made_at}.npz")
        if os.path.isfile(path):
            return self._read(path)
        if step != made_at:
            raise InputError(
                f"{path}: missing, and the weights of step {made_at} that it was made with are "
                "gone; bring it back, or give another --workdir."
            )
        table = self._build(network)
        if is_chief():
            self._write(path, table)
        return table

    def _build(self, network):
        features = _pool(network, self._split, self._options.data)
        learning = self._options.learning
        logging.info("finding the %d nearest images of each.", learning.num_neighbors)
        return find_neighbors(
            features, self._split.pids, learning.num_neighbors, learning.set_size - 1
        )

    def _write(self, path, table):
        def write(aside):
            with open(aside, "wb") as file:
                fingerprint = json.dumps(self._fingerprint)
                np.savez_compressed(file, table=table, fingerprint=fingerprint)

        write_aside(path, write)
        # The kept checkpoints lie at most so many refreshes back: each refresh saves one.
        keep = self._options.run.keep_checkpoints + 1
        paths = glob.glob(os.path.join(glob.escape(self._folder), "step-*.npz"))
        for old in sorted(paths, key=_read_step)[:-keep]:
            os.remove(old)

    def _read(self, path):
        try:
            with open(path, "rb") as file, np.load(file) as stored:
                table, fingerprint = stored["table"], json.loads(str(stored["fingerprint"]))
        except Exception as error:  # zipfile, numpy and json each have their own
            raise InputError(
                f"{path}: this table of neighbors is damaged ({type(error).__name__}); bring it "
                "back, or give another --workdir."
            ) from error
        if fingerprint != self._fingerprint:
            raise InputError(
                f"{path}: this table of neighbors was made of other data or options (it says "
                f"{_shorten(fingerprint)}, the run {_shorten(self._fingerprint)}); give the same "
                "--data_dir, or another --workdir."
            )
        return table


def _pool(network, split, data):
    """Returns the pooled features of all images, float32[N, C]."""
    pool = tf.function(network.pool, reduce_retracing=True)
    progress = Progress("Pooling features for the neighbors", len(split))
    features = []
    for batch in read_eval_batches(split, data, _BATCH):
        features.append(pool(batch[IMAGE]).numpy())
        progress.advance(len(features[-1]))
    return np.concatenate(features).astype(np.float32)


def _read_step(path):
    return int(os.path.basename(path)[len("step-") : -len(".npz")])


def _shorten(fingerprint):
    return ", ".join(f"{key} {str(value)[:12]}" for key, value in fingerprint.items())
