"""Whether all workers of a training are about to train the same."""

import json
import zlib

import tensorflow as tf

from tfreid.errors import InputError
from tfreid.runs.workdir import list_shaping


def check_agreement(strategy, dataset, options):
    """Compares data and flags with those of the other workers, before anything is trained.

    All workers must call it; where they differ, all of them raise.

    Args:
      strategy: of several workers.
      dataset: `Dataset` to train on.
      options: `TrainOptions`.

    Raises:
      InputError: where data or flags of the workers are not the same.
    """
    _check(strategy, dataset.fingerprint(), "data", "copy the same data set to all machines")
    _check(strategy, list_shaping(options), "flags", "give the same flags to all workers")


def _check(strategy, value, name, cure):
    # Not `hash`, which Python salts anew in every process.
    number = zlib.crc32(json.dumps(value, sort_keys=True).encode())
    # A sum says whether all are equal, but for a chance of one in 2^32.
    copies = strategy.run(lambda: tf.constant(number, tf.int64))
    total = int(strategy.reduce(tf.distribute.ReduceOp.SUM, copies, axis=None))
    if total != number * strategy.num_replicas_in_sync:
        raise InputError(f"another worker has other {name} than this one; {cure}.")
