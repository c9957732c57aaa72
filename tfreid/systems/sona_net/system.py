"""SONA-Net as a system."""

from tfreid.systems.embedding.system import EmbeddingSystem
from tfreid.systems.sona_net.options import SonaNetOptions


class SonaNetSystem(EmbeddingSystem):
    """A backbone with second-order attention and two branches; see `network.SonaNet`."""

    name = "sona_net"
    title = "SONA-Net"
    options = EmbeddingSystem.options._replace(model=SonaNetOptions)

    def make_network(self, options):
        from tfreid.data.transforms import STATISTICS  # these load TensorFlow
        from tfreid.systems.sona_net.network import make_sona_net

        data, seed = options.data, options.learning.seed
        statistics = STATISTICS[data.normalization]
        return make_sona_net(options.model, data.height, data.width, seed, statistics)


SONA_NET = SonaNetSystem()
