"""SONA-Net as a system."""

from tfreid.systems.embedding.system import EmbeddingSystem
from tfreid.systems.sona_net.options import SonaNetOptions


class SonaNetSystem(EmbeddingSystem):
    """A dilated ResNet-50 with second-order attention and two branches; see `network.SonaNet`."""

    name = "sona_net"
    title = "SONA-Net"
    options = EmbeddingSystem.options._replace(model=SonaNetOptions)

    def make_network(self, options):
        from tfreid.systems.sona_net.network import make_sona_net  # loads TensorFlow

        data = options.data
        return make_sona_net(options.model, data.height, data.width, options.learning.seed)


SONA_NET = SonaNetSystem()
