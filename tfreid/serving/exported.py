"""The exported form of each system's network."""

from tfreid.options import KVM_MN, SONA_NET
from tfreid.serving.exported_kvm_mn import ExportedKvmMn
from tfreid.serving.exported_sona_net import ExportedSonaNet

_MODULES = {SONA_NET: ExportedSonaNet, KVM_MN: ExportedKvmMn}


def make_exported(network, options):
    """Returns the `tf.Module` that serves a network; it has `list_signatures()`.

    Args:
      network: built network.
      options: `TrainOptions` of its run.
    """
    return _MODULES[options.model.model](network, options)
