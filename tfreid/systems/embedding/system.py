"""What all systems have that embed an image."""

import os

from tfreid.options import AugmentOptions, DataOptions, RunOptions, TrainOptions
from tfreid.systems.contract import System
from tfreid.systems.embedding.options import EvaluationOptions, IdentityLearningOptions


class EmbeddingSystem(System):
    """Learns from triplets and identities; near embeddings show alike people.

    A system of this kind says its `name`, its `title`, its options for the network:

        options = EmbeddingSystem.options._replace(model=MyOptions)

    and makes the network, a `tf.keras.Model` with

    - `embedding_dims`, {branch: size}: the embeddings that it learns by;
    - `call(images, training)` -> {branch: float32[B, size]}, from images float[B, H, W, 3]. A
      branch may give a pair in place of one tensor: what triplets compare, what is classified;
    - `embed(images)` -> float[B, D], what people are told apart by in the end;
    - optionally `attention_maps(images)` -> {name: float32[B, h, w, h, w]}, to be drawn.
    """

    options = TrainOptions(
        DataOptions, AugmentOptions, None, IdentityLearningOptions, RunOptions, EvaluationOptions
    )

    # What is imported in the methods loads TensorFlow: options are read without it.

    def make_task(self, options, dataset, workdir):
        from tfreid.systems.embedding.task import IdentityTask

        return IdentityTask(self, options, dataset)

    def make_learner(self, network, num_identities, learning):
        """Returns the `Learner` of a network.

        Args:
          network: of `make_network`.
          num_identities: people to learn from.
          learning: the learning options.
        """
        from tfreid.systems.embedding.learner import IdentityLearner

        return IdentityLearner(network, num_identities, learning)

    def make_optimizer(self, learning, steps_per_epoch):
        """Returns the optimizer, with the schedule of its learning rate."""
        from tfreid.systems.embedding.task import make_adam

        return make_adam(learning, steps_per_epoch)

    def evaluate(self, network, dataset, options):
        from tfreid.evaluation.retrieval import evaluate_retrieval

        workdir = options.run.workdir
        folder = workdir and os.path.join(workdir, "embeddings")
        return evaluate_retrieval(network, dataset, options.data, options.evaluation, folder)

    def check_multi_query(self, dataset):
        from tfreid.evaluation.multi_query import check_multi_query

        check_multi_query(dataset)

    def measure_multi_query(self, network, retrieval, options):
        from tfreid.evaluation.embedding import Embedder
        from tfreid.evaluation.multi_query import measure_multi_query

        embedder = Embedder(network, options.data, options.evaluation)
        return measure_multi_query(embedder.embed, retrieval)

    def check_rerank(self):
        """Re-ranks by the distances of all embeddings."""

    def measure_reranked(self, retrieval):
        from tfreid.evaluation.reranking import measure_reranked

        return measure_reranked(retrieval)

    def complete_options(self, options, dataset):
        identities = len(set(dataset.train.pids.tolist()))
        return options._replace(learning=options.learning.complete(identities))

    def draw_pictures(self, evaluation):
        from tfreid.figures.embedding_figures import draw_pictures

        data = evaluation.options.data
        return draw_pictures(evaluation.network, evaluation.retrieval, data, self.title)

    def write_projector(self, logdir, retrieval, step):
        from tfreid.figures.embedding_figures import write_run_projector

        return write_run_projector(logdir, retrieval, step)

    def make_signatures(self, network, options):
        from tfreid.systems.embedding.signatures import EmbeddingSignatures

        return EmbeddingSignatures(network, options).list_signatures()

    def make_requests(self, signatures, contents):
        return [("serving_default", {"image_bytes": contents})]

    def make_model(self, name, card, signatures):
        from tfreid.systems.embedding.loaded import EmbeddingModel

        return EmbeddingModel(name, card, signatures)
