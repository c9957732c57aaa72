"""The small network as a system, which `--import=tests.small_system --model=small` trains.

For tests of what all systems share: a training of it takes a fraction of a paper's system's time.
"""

import tensorflow as tf

from tests.small_network import SmallNetwork, SmallOptions
from tfreid.errors import InputError
from tfreid.systems import SYSTEMS
from tfreid.systems.embedding.system import EmbeddingSystem


class SmallSystem(EmbeddingSystem):
    name = "small"
    title = "Small"
    options = EmbeddingSystem.options._replace(model=SmallOptions)

    def make_network(self, options):
        network = SmallNetwork(options.model, options.learning.seed)
        network(tf.zeros([1, options.data.height, options.data.width, 3]))
        return network

    def draw_pictures(self, evaluation):
        return {}  # they take as long as the training; see the papers' systems and the baseline

    def load_initial_weights(self, network, path):
        raise InputError(f"{path}: there are none of the small network.")


SMALL = SYSTEMS["small"] = SmallSystem()
