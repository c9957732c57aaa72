"""What all systems have that match two images."""

import os

from tfreid.options import AugmentOptions, DataOptions, RunOptions, TrainOptions
from tfreid.systems.contract import System
from tfreid.systems.matching.options import PairScoringOptions, SetwiseLearningOptions


class MatchingSystem(System):
    """Learns from sets; an image becomes a memory, and two memories become a score.

    A system of this kind says its `name`, its `title`, its options for the network:

        options = MatchingSystem.options._replace(model=MyOptions)

    and makes the network, a `tf.keras.Model` with the methods of `KvmMn`: `call` on sets,
    `memorize`, `memorize_and_pool`, `pool`, `prepare_query`, `match`, and for pictures
    `attention_maps` and `map_size`; its `backbone` has the weights that `pool` depends on.
    """

    options = TrainOptions(
        DataOptions, AugmentOptions, None, SetwiseLearningOptions, RunOptions, PairScoringOptions
    )
    merges_requests = False  # merged clients would be matched with each other

    # What is imported in the methods loads TensorFlow: options are read without it.

    def list_backbone_facts(self, model):
        """Returns {name: value} of the model's options on which pooled features depend."""
        raise NotImplementedError

    def make_task(self, options, dataset, workdir):
        from tfreid.systems.matching.task import SetwiseTask

        return SetwiseTask(self, options, dataset, workdir)

    def make_learner(self, network, learning):
        """Returns the `Learner` of a network."""
        from tfreid.systems.matching.learner import SetwiseLearner

        return SetwiseLearner(network, learning)

    def make_optimizer(self, learning):
        """Returns the optimizer, with the schedule of its learning rate."""
        from tfreid.systems.matching.task import make_sgd

        return make_sgd(learning)

    def evaluate(self, network, dataset, options):
        from tfreid.systems.matching.pair_scoring import evaluate_pairs

        workdir = options.run.workdir
        folder = workdir and os.path.join(workdir, "memories")
        return evaluate_pairs(network, dataset, options.data, options.evaluation, folder)

    def draw_pictures(self, evaluation):
        from tfreid.figures.pair_figures import draw_pair_pictures

        data = evaluation.options.data
        return draw_pair_pictures(evaluation.network, evaluation.retrieval, data, self.title)

    def make_signatures(self, network, options):
        from tfreid.systems.matching.signatures import MatchingSignatures

        return MatchingSignatures(network, options).list_signatures()

    def make_requests(self, signatures, contents):
        from tfreid.systems.matching.signatures import make_requests

        return make_requests(signatures, contents)

    def make_model(self, name, card, signatures):
        from tfreid.systems.matching.loaded import MatchingModel

        return MatchingModel(name, card, signatures)
