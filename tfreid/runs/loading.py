"""From a workdir back to a network."""

import tensorflow as tf
from absl import logging

from tfreid.runs.checkpoints import restore_network
from tfreid.runs.provenance import Origin
from tfreid.runs.workdir import Workdir


def load_network(path, step=None):
    """Returns the network of a run with a checkpoint's weights, how it was made, and the origin.

    Warns loudly where the weights were never trained on re-ID data.

    Args:
      path: workdir of the run.
      step: the checkpoint's step; None for the latest.

    Returns:
      (network, `TrainOptions` of the run, `Origin`).

    Raises:
      InputError: where no run or no such checkpoint lives there.
    """
    workdir = Workdir(path)
    options = workdir.read_options()
    tf.keras.mixed_precision.set_global_policy(options.run.precision)
    network = options.system.make_network(options)
    origin = Origin()
    restore_network(network, origin, workdir.checkpoints, step)
    warn_if_untrained(origin)
    return network, options, origin


def warn_if_untrained(origin):
    """Logs a warning where an origin knows of no training step."""
    if not origin.is_trained():
        logging.warning(
            "WARNING: this network was %s. Its results say nothing about re-identification.",
            origin.describe(),
        )
