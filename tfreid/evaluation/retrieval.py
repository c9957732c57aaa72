"""The evaluation of a network on a data set: embed, rank, measure."""

import dataclasses
from typing import Any

import numpy as np

from tfreid.data.copies import CopyWatch
from tfreid.data.coverage import check_evaluable
from tfreid.data.dataset import JUNK_PID, Dataset
from tfreid.data.specs import SINGLE_GALLERY_SHOT, SPECS
from tfreid.errors import InputError
from tfreid.evaluation.embedding import Embedder
from tfreid.evaluation.kept import Kept
from tfreid.evaluation.protocols import Measures
from tfreid.evaluation.ranking import rank
from tfreid.evaluation.results import RankingResult
from tfreid.evaluation.single_gallery_shot import RULES, rank_single_gallery_shot
from tfreid.progress import Progress


@dataclasses.dataclass(frozen=True, eq=False)
class Retrieval:
    """What an evaluation found, and what pictures of it need.

    Attributes:
      dataset: what was searched; its gallery is without junk, which never counts.
      query_embeddings: float32[Q, D].
      gallery_embeddings: float32[G, D].
      result: `RankingResult`, all pairs.
      options: the evaluation options.
      single_shots: `SingleShotResult` by each rule, for data sets that are measured so.
      pictures: uint8[Q + G, HASH_BYTES], `likeness.hash_pictures` of query and gallery.
    """

    dataset: Dataset
    query_embeddings: np.ndarray
    gallery_embeddings: np.ndarray
    result: RankingResult
    options: Any = None
    single_shots: tuple = ()
    pictures: np.ndarray | None = None

    @property
    def measures(self):
        """The `Measures` of all protocols."""
        return Measures(self.result, self.single_shots)


def evaluate_retrieval(network, dataset, data, evaluation, folder=""):
    """Embeds query and gallery, ranks by Euclidean distance and measures (SONA-Net, section 3.3).

    No re-ranking, one query image at a time.

    Args:
      network: has `embed(images float32[B, H, W, 3]) -> float32[B, D]`.
      dataset: `Dataset`.
      data: `DataOptions`, for the image size.
      evaluation: has `evaluation_batch` and `flip_averaging`.
      folder: where embeddings are kept and found again; "" for nowhere.

    Returns:
      `Retrieval`.

    Raises:
      InputError: without query or gallery images, or where no query has a match.
    """
    check_searchable(dataset)
    dataset = drop_junk(dataset)
    embedder = Embedder(network, data, evaluation)
    watch = CopyWatch(dataset)
    # The same images in another folder are embedded alike.
    kept = Kept(folder, network, dataclasses.replace(data, data_dir=""), evaluation)

    def embed(split, likeness):
        return {"embeddings": embedder.embed(split, likeness=likeness)}

    query = kept.make("query", embed, dataset.query, watch.query)
    gallery = kept.make("gallery", embed, dataset.gallery, watch.gallery)
    query_embeddings, gallery_embeddings = query["embeddings"], gallery["embeddings"]
    watch.warn()
    result = rank_dataset(dataset, query_embeddings, gallery_embeddings)
    single_shots = measure_single_shots(dataset, query_embeddings, gallery_embeddings)
    sides = query_embeddings, gallery_embeddings
    return Retrieval(dataset, *sides, result, evaluation, single_shots, watch.hash())


def rank_dataset(dataset, query_embeddings, gallery_embeddings):
    """Returns the `RankingResult` of a data set's query and gallery under given embeddings."""
    progress = Progress("Ranking queries", len(dataset.query))
    columns = _list_columns(dataset)
    return rank(query_embeddings, gallery_embeddings, *columns, progress=progress.advance)


def measure_single_shots(dataset, query_embeddings, gallery_embeddings):
    """Returns a `SingleShotResult` by each rule; () for data sets that are not measured so."""
    if SPECS[dataset.name].protocol != SINGLE_GALLERY_SHOT:
        return ()
    columns = (query_embeddings, gallery_embeddings, *_list_columns(dataset))
    return tuple(rank_single_gallery_shot(*columns, rule=rule) for rule in RULES)


def drop_junk(dataset):
    """Returns a data set without the gallery's junk, which counts for no query."""
    gallery = dataset.gallery.take(dataset.gallery.pids != JUNK_PID)
    return dataclasses.replace(dataset, gallery=gallery)


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


def _list_columns(dataset):
    query, gallery = dataset.query, dataset.gallery
    return query.pids, gallery.pids, query.camids, gallery.camids
