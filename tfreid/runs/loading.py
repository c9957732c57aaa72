"""From a workdir, a name or a file to a network."""

import tensorflow as tf
from absl import logging

from tfreid.errors import InputError
from tfreid.runs.checkpoints import restore_network
from tfreid.runs.network_files import load_network_file, read_facts
from tfreid.runs.provenance import BACKBONE, NETWORK, Origin
from tfreid.runs.workdir import Workdir, read_options
from tfreid.weights.catalogue import find_weights, is_name
from tfreid.weights.fetching import obtain


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
    # Before the network is made: each layer keeps the policy that it finds.
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


def load_named_network(name):
    """Returns (network, `TrainOptions`, `Origin`) of a name; its file is fetched where needed.

    Raises:
      InputError: for an unknown name, or a file that cannot be had or does not fit.
    """
    options = read_options(name)
    tf.keras.mixed_precision.set_global_policy(options.run.precision)
    network = options.system.make_network(options)
    facts = load_named_weights(options.system, network, name)
    return network, options, Origin(weights=facts, dataset=facts["trained_on"], steps=0)


def load_named_weights(system, network, name):
    """Loads weights by name into a network; returns facts for the provenance.

    Raises:
      InputError: for an unknown name, weights for another system, or a file that cannot be had or
        does not fit.
    """
    weights = find_weights(name)
    systems = weights.starts or (weights.flags["model"],)
    if system.name not in systems:
        raise InputError(
            f"{name}: these weights are for model={' or '.join(systems)}, not for {system.name}; "
            "`tfreid models` lists all."
        )
    path, facts = obtain(name)
    return {**load_file(system, network, path), **facts, "knows_people": weights.knows_people}


def load_file(system, network, path):
    """Loads a file of weights into a network; returns facts for the provenance.

    Args:
      system: the `System` of the network.
      network: built network.
      path: a file of `write_network`, or any that the system knows.

    Raises:
      InputError: for a file that cannot be read, or does not fit.
    """
    # Ours is known by its metadata, whatever the file is called and whichever system reads it.
    if read_facts(path) is not None:
        return {**load_network_file(network, path), "part": NETWORK}
    facts = system.load_initial_weights(network, path)
    return {"part": NETWORK if system.loads_whole_networks else BACKBONE, **facts}
