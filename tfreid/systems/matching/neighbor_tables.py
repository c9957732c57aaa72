"""Tables of each training image's nearest images of other identities, kept in the workdir."""

import glob
import hashlib
import json
import os

import numpy as np
import tensorflow as tf
from absl import logging

from tfreid.array_files import read_npz
from tfreid.data.neighbors import find_neighbors
from tfreid.data.preparing import read_eval_batches
from tfreid.errors import InputError
from tfreid.files import write_aside
from tfreid.progress import Progress
from tfreid.training.devices import is_chief

_BATCH = 64


class NeighborTables:
    """Builds a table by the network's pooled features, stores it, and finds it again.

    A table belongs to the step whose weights it was made with: step 0, and with `refresh_steps`
    every multiple of it. A run that goes on takes the stored one, so that it ends as if it had
    never stopped. What else a table depends on is stored with it: the training images and their
    order, the options, the backbone's weights. A run at the table's own step compares the weights
    and makes the table anew where they are others; between two such steps they are gone, and the
    run has passed the one before.

    Args:
      folder: where the tables lie.
      split: `Split` of the training images.
      dataset: `Dataset` of the split, for the fingerprint.
      options: `TrainOptions` with `SetwiseLearningOptions`.
      backbone_facts: {name: value} of the model's options on which pooled features depend.
    """

    def __init__(self, folder, split, dataset, options, backbone_facts):
        self._folder = folder
        self._split = split
        self._options = options
        data, learning = options.data, options.learning
        self._fingerprint = {
            "data": dataset.fingerprint()["sha256"],
            "rows": dataset.digest_rows(split),  # a table holds row numbers
            "images": len(split),
            "num_neighbors": learning.num_neighbors,
            "num_identities": learning.set_size - 1,
            "height": data.height,
            "width": data.width,
            "normalization": data.normalization,
            **backbone_facts,
            "seed": learning.seed,
        }

    def find(self, step, network):
        """Returns the table for the training steps from `step` on, int32[N, n].

        Args:
          step: steps done.
          network: with the weights of that step; used where a table is due. None for the stored
            table, whatever it was made with.

        Raises:
          InputError: for a table of other data, or one that is missing or damaged.
        """
        every = self._options.learning.refresh_steps
        made_at = step // every * every if every else 0
        # A name for each refresh: a run that goes back to an older checkpoint finds that one's
        # table.
        path = os.path.join(self._folder, f"step-{made_at}.npz")
        if step == made_at and network is not None:
            return self._find_due(path, network)
        if os.path.isfile(path):
            return self._read(path)[0]
        raise InputError(
            f"{path}: missing, and the weights of step {made_at} that it was made with are gone; "
            "bring it back, or give another `workdir`."
        )

    def _find_due(self, path, network):
        """Returns the stored table of these very weights, or makes it."""
        # First of all: with several workers, reading weights may be an operation of all of them.
        weights = _compute_digest(network.backbone)
        if os.path.isfile(path):
            table, made_with = self._read(path)
            if made_with == weights:
                return table
            logging.warning("%s: made with other weights than the run has; made anew.", path)
        table = self._build(network)
        if is_chief():
            self._write(path, table, weights)
        return table

    def _build(self, network):
        features = _pool(network, self._split, self._options.data)
        learning = self._options.learning
        logging.info("finding the %d nearest images of each.", learning.num_neighbors)
        return find_neighbors(
            features, self._split.pids, learning.num_neighbors, learning.set_size - 1
        )

    def _write(self, path, table, weights):
        def write(aside):
            # A file, no path: numpy would add .npz to the name.
            with open(aside, "wb") as file:
                fingerprint = json.dumps({**self._fingerprint, "weights": weights})
                np.savez_compressed(file, table=table, fingerprint=fingerprint)

        write_aside(path, write)
        # The kept checkpoints lie at most so many refreshes back: each refresh saves one.
        keep = self._options.run.keep_checkpoints + 1
        paths = glob.glob(os.path.join(glob.escape(self._folder), "step-*.npz"))
        for old in sorted(paths, key=_read_step)[:-keep]:
            os.remove(old)

    def _read(self, path):
        """Returns a stored table and the digest of the weights that it was made with."""
        try:
            stored = read_npz(path)
            table, fingerprint = stored["table"], dict(json.loads(str(stored["fingerprint"])))
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise _explain_damage(path, type(error).__name__) from error
        weights = fingerprint.pop("weights", None)
        if fingerprint != self._fingerprint:
            keys = {**fingerprint, **self._fingerprint}
            differing = [key for key in keys if fingerprint.get(key) != self._fingerprint.get(key)]
            raise InputError(
                f"{path}: this table of neighbors was made of other data or options "
                f"({', '.join(differing)}); give the same `data_dir`, or another `workdir`."
            )
        problem = _find_problem(table, self._split.pids)
        if problem:
            raise _explain_damage(path, problem)
        return table, weights


def _pool(network, split, data):
    """Returns the pooled features of all images, float32[N, C]."""
    # The last batch is smaller: one graph shall do for both sizes.
    pool = tf.function(network.pool, reduce_retracing=True)
    progress = Progress("Pooling features for the neighbors", len(split))
    features = []
    for _, images in read_eval_batches(split, data, _BATCH):
        features.append(pool(images).numpy())
        progress.advance(len(features[-1]))
    return np.concatenate(features).astype(np.float32)


def _read_step(path):
    return int(os.path.basename(path)[len("step-") : -len(".npz")])


def _compute_digest(backbone):
    """Returns the SHA-256 of all weights of a network's backbone."""
    digest = hashlib.sha256()
    for variable in backbone.variables:
        digest.update(np.ascontiguousarray(variable.numpy()).tobytes())
    return digest.hexdigest()


def _find_problem(table, pids):
    """Returns why an array cannot be the table of images of these identities, or None."""
    if table.dtype != np.int32 or table.ndim != 2 or len(table) != len(pids) or not table.size:
        return f"{table.dtype} of shape {table.shape} for {len(pids)} images"
    if table.min() < 0 or table.max() >= len(pids):
        return f"a row number outside 0 to {len(pids) - 1}"
    if (pids[table] == pids[:, np.newaxis]).any():
        return "an image among its own identity's neighbors"
    return None


def _explain_damage(path, reason):
    return InputError(
        f"{path}: this table of neighbors is damaged ({reason}); bring it back, or give another "
        "`workdir`."
    )
