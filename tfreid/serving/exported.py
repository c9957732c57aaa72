"""The exported form of each system's network."""

import tensorflow as tf
from absl import logging

from tfreid.options import KVM_MN, SONA_NET
from tfreid.serving.exported_kvm_mn import ExportedKvmMn
from tfreid.serving.exported_sona_net import ExportedSonaNet

_MODULES = {SONA_NET: ExportedSonaNet, KVM_MN: ExportedKvmMn}


def make_exported(network, options):
    """Returns what serves a network; it has `list_signatures()`.

    Args:
      network: built network.
      options: `TrainOptions` of its run.
    """
    return _MODULES[options.model.model](network, options)


def save_model(network, options, folder):
    """Writes the SavedModel of a network.

    Only the signatures and their variables are saved, not the network as an object: loading that
    would take tfreid.

    Args:
      network: built network.
      options: `TrainOptions` of its run.
      folder: where to write it.

    Raises:
      OSError: where it cannot be written.
    """
    holder = tf.Module()
    holder.weights = list(network.variables)
    signatures = make_exported(network, options).list_signatures()
    verbosity = logging.get_verbosity()
    logging.set_verbosity(logging.WARNING)  # else it lists every variable that it renames
    try:
        tf.saved_model.save(holder, folder, signatures)
    except tf.errors.OpError as error:  # of a full disk, for example
        raise OSError(error.message.split("; ")[-1].split(" [Op:")[0]) from error
    finally:
        logging.set_verbosity(verbosity)
