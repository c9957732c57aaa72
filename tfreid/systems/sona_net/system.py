"""SONA-Net as a system."""

from tfreid.models.backbones import find_backbone
from tfreid.systems.embedding.system import EmbeddingSystem
from tfreid.systems.sona_net.options import THE_PAPERS, SonaNetOptions


class SonaNetSystem(EmbeddingSystem):
    """A backbone with second-order attention and two branches; see `network.SonaNet`."""

    name = "sona_net"
    title = "SONA-Net"
    options = EmbeddingSystem.options._replace(model=SonaNetOptions)

    def name_imagenet_weights(self, options):
        backbone = options.model.backbone
        return "resnet50_imagenet" if backbone == THE_PAPERS else find_backbone(backbone).weights

    def make_network(self, options):
        from tfreid.data.transforms import STATISTICS  # these load TensorFlow
        from tfreid.systems.sona_net.network import make_sona_net

        data, seed = options.data, options.learning.seed
        statistics = STATISTICS[data.normalization]
        return make_sona_net(options.model, data.height, data.width, seed, statistics)


SONA_NET = SonaNetSystem()
