"""The systems: what a network learns from, how it is measured and what it answers.

`contract` says what the library asks of a system. Two kinds answer most of it: a system that embeds
an image (`embedding`), and one that matches two memories (`matching`). The rest is the system's own
folder.
"""

from tfreid.lazy import offer
from tfreid.plugins import Catalogue

DEFAULT = "sona_net"

# Value of `--model` -> `System`.
SYSTEMS = Catalogue(
    sona_net="tfreid.systems.sona_net.system:SONA_NET",
    kvm_mn="tfreid.systems.kvm_mn.system:KVM_MN",
    baseline="tfreid.systems.baseline.system:BASELINE",
    osnet="tfreid.systems.osnet.system:OSNET",
)

# Late: a table of names is below what systems are made of.
__getattr__, __dir__, _names = offer(
    __name__,
    {
        "EmbeddingSystem": "embedding.system",
        "MatchingSystem": "matching.system",
        "System": "contract",
    },
)
__all__ = ["SYSTEMS", *_names]
