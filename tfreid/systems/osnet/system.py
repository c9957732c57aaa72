"""OSNet as a system."""

from tfreid.systems.embedding.system import EmbeddingSystem
from tfreid.systems.osnet.options import (
    OsnetAugmentOptions,
    OsnetDataOptions,
    OsnetEvaluationOptions,
    OsnetLearningOptions,
    OsnetOptions,
)


class OsnetSystem(EmbeddingSystem):
    """A small network of blocks that see four scales; see `network.Osnet`."""

    name = "osnet"
    title = "OSNet"
    options = EmbeddingSystem.options._replace(
        data=OsnetDataOptions,
        augment=OsnetAugmentOptions,
        model=OsnetOptions,
        learning=OsnetLearningOptions,
        evaluation=OsnetEvaluationOptions,
    )

    loads_whole_networks = True

    # What is imported in the methods loads TensorFlow.

    def make_network(self, options):
        from tfreid.systems.osnet.network import make_osnet

        return make_osnet(options.model, options.data.height, options.data.width)

    def name_imagenet_weights(self, options):
        return f"osnet_{options.model.variant}_imagenet"

    def load_initial_weights(self, network, path):
        return network.load_torch_file(path)

    def make_learner(self, network, num_identities, learning):
        from tfreid.systems.osnet.learner import OsnetLearner

        return OsnetLearner(network, num_identities, learning)

    def make_optimizer(self, learning, steps_per_epoch):
        from tfreid.systems.osnet.learner import make_optimizer

        return make_optimizer(learning, steps_per_epoch)


OSNET = OsnetSystem()
