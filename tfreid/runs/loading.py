"""From a workdir, or a name, to a network."""

import tensorflow as tf
from absl import logging

from tfreid.runs.checkpoints import restore_network
from tfreid.runs.named_weights import load_named_network
from tfreid.runs.provenance import Origin
from tfreid.runs.workdir import Workdir
from tfreid.weights.catalogue import is_name


def load_network(place, step=None):
    """Returns a trained network, how it was made, and the origin of its weights.

    Warns loudly where the weights were never trained on re-ID data.

    Args:
      place: workdir of a run, or key of `WEIGHTS`.
      step: the step of the run's checkpoint; None for the latest.

    Returns:
      (network, `TrainOptions` of its run, `Origin`).

    Raises:
      InputError: where no run or no such checkpoint lives there, or named weights cannot be had.
    """
    if is_name(place):
        return load_named_network(place)
    workdir = Workdir(place)
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
