"""The baseline as a system."""

from tfreid.models.backbones import find_backbone
from tfreid.systems.baseline.options import (
    BaselineAugmentOptions,
    BaselineDataOptions,
    BaselineEvaluationOptions,
    BaselineLearningOptions,
    BaselineOptions,
)
from tfreid.systems.embedding.system import EmbeddingSystem


class BaselineSystem(EmbeddingSystem):
    """A backbone of keras-cv and BNNeck; see `network.Baseline`."""

    name = "baseline"
    title = "Baseline"
    options = EmbeddingSystem.options._replace(
        data=BaselineDataOptions,
        augment=BaselineAugmentOptions,
        model=BaselineOptions,
        learning=BaselineLearningOptions,
        evaluation=BaselineEvaluationOptions,
    )

    # What is imported in the methods loads TensorFlow.

    def make_network(self, options):
        from tfreid.systems.baseline.network import make_baseline

        return make_baseline(options.model, options.data.height, options.data.width)

    def name_imagenet_weights(self, options):
        return find_backbone(options.model.backbone).weights

    def load_initial_weights(self, network, path):
        from tfreid.models.backbone_weights import load_backbone_weights

        return load_backbone_weights(network.backbone, network.options.backbone, path)

    def make_learner(self, network, num_identities, learning):
        from tfreid.systems.baseline.learner import BaselineLearner

        return BaselineLearner(network, num_identities, learning)


BASELINE = BaselineSystem()
