"""The evaluation of a network on a data set: embed, rank, measure."""

import dataclasses

import numpy as np

from tfreid.data.coverage import check_evaluable
from tfreid.data.progress import Progress
from tfreid.data.records import JUNK_PID, Dataset
from tfreid.errors import InputError
from tfreid.evaluation.embedding import Embedder
from tfreid.evaluation.ranking import rank
from tfreid.evaluation.results import RankingResult


@dataclasses.dataclass(frozen=True, eq=False)
class Retrieval:
    """What an evaluation found, and what pictures of it need.

    Attributes:
      dataset: what was searched; its gallery is without junk, which never counts.
      query_embeddings: float32[Q, D].
      gallery_embeddings: float32[G, D].
      result: `RankingResult`.
    """

    dataset: Dataset
    query_embeddings: np.ndarray
    gallery_embeddings: np.ndarray
    result: RankingResult


def evaluate_retrieval(network, dataset, data, evaluation):
    """Embeds query and gallery, ranks by Euclidean distance and measures (SONA-Net, section 3.3).

    No re-ranking, one query image at a time.

    Args:
      network: has `embed(images float32[B, H, W, 3]) -> float32[B, D]`.
      dataset: `Dataset`.
      data: `DataOptions`, for the image size.
      evaluation: `EvaluationOptions`.

    Returns:
      `Retrieval`.

    Raises:
      InputError: without query or gallery images, or where no query has a match.
    """
    check_searchable(dataset)
    gallery = dataset.gallery.take(dataset.gallery.pids != JUNK_PID)
    dataset = dataclasses.replace(dataset, gallery=gallery)
    embedder = Embedder(network, data, evaluation)
    query_embeddings = embedder.embed(dataset.query)
    gallery_embeddings = embedder.embed(gallery)
    result = rank_dataset(dataset, query_embeddings, gallery_embeddings)
    return Retrieval(dataset, query_embeddings, gallery_embeddings, result)


def rank_dataset(dataset, query_embeddings, gallery_embeddings):
    """Returns the `RankingResult` of a data set's query and gallery under given embeddings."""
    query, gallery = dataset.query, dataset.gallery
    return rank(
        query_embeddings,
        gallery_embeddings,
        query.pids,
        gallery.pids,
        query.camids,
        gallery.camids,
        progress=Progress("Ranking queries", len(query)).advance,
    )


def can_search(dataset):
    """Returns whether a data set has both query and gallery images."""
    return bool(len(dataset.query) and len(dataset.gallery))


def check_searchable(dataset):
    """Raises `InputError` without query or gallery images, or where no query has a match."""
    if not can_search(dataset):
        raise InputError(
            f"{dataset.root}: {len(dataset.query)} query and {len(dataset.gallery)} gallery "
            "images; evaluation needs both."
        )
    check_evaluable(dataset)
