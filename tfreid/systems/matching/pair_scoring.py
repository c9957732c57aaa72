"""The evaluation of a network that scores pairs of images: memorize, match, measure."""

import dataclasses
import time

import numpy as np
from absl import logging

from tfreid.data.copies import CopyWatch
from tfreid.data.dataset import Dataset
from tfreid.data.specs import SINGLE_GALLERY_SHOT, SPECS
from tfreid.evaluation.kept import Kept
from tfreid.evaluation.protocols import Measures, measure_blocks
from tfreid.evaluation.retrieval import check_searchable, drop_junk
from tfreid.evaluation.single_gallery_shot import DROP_CAMERA
from tfreid.progress import Progress
from tfreid.systems.matching.memories import Memories, memorize_split
from tfreid.systems.matching.options import PairScoringOptions
from tfreid.systems.matching.pair_scores import PairScorer
from tfreid.systems.matching.shortlist import choose_shortlist, mark_unusable, order_gallery

TOP = 10  # gallery images of each query that are kept for pictures
_QUERIES = 256  # whose distances of pooled features are computed at a time


@dataclasses.dataclass(frozen=True, eq=False)
class PairRetrieval:
    """What an evaluation by pairs found, and what pictures of it need.

    Attributes:
      dataset: what was searched; its gallery is without junk, which never counts.
      measures: `Measures` of all protocols.
      indices: int64[Q, TOP], each query's best-scored gallery images that count, the best first;
        -1 where fewer count.
      scores: float32[Q, TOP], theirs; NaN where there is none.
      options: `PairScoringOptions` as they took effect: `shortlist` is 0 where all pairs were
        matched.
      pictures: uint8[Q + G, HASH_BYTES], `likeness.hash_pictures` of query and gallery.
    """

    dataset: Dataset
    measures: Measures
    indices: np.ndarray
    scores: np.ndarray
    options: PairScoringOptions
    pictures: np.ndarray | None = None

    @property
    def result(self):
        """`RankingResult`, all pairs."""
        return self.measures.all_pairs

    @property
    def average_precision(self):
        """float[Q], in percent."""
        return self.result.average_precision


def evaluate_pairs(network, dataset, data, options, folder=""):
    """Scores the pairs of query and gallery, and measures by the data set's protocol.

    As in the paper, every query is matched with the whole gallery; with `options.shortlist`, only
    with the K nearest images by pooled features, and all others follow in that order. The K are
    images that count: those of the query's identity by its own camera (in CUHK03 and CUHK01 the
    query itself among them) are passed over. Where a single gallery shot is measured without the
    query's whole camera, that measure has a shortlist of its own, K images of other cameras: those
    of the query's camera would take most places, and left out for the other measures as well they
    would make these look better than they are.

    Args:
      network: `KvmMn`.
      dataset: `Dataset`.
      data: `DataOptions`, for the image size.
      options: `PairScoringOptions`.
      folder: where memories are kept and found again; "" for nowhere.

    Returns:
      `PairRetrieval`.

    Raises:
      InputError: without query or gallery images, where no query has a match, or for scores that
        are not finite.
    """
    check_searchable(dataset)
    dataset = drop_junk(dataset)
    # A result's line tells the shortlist that took effect: none.
    if options.shortlist >= len(dataset.gallery):
        options = dataclasses.replace(options, shortlist=0)
    sides = _Sides(network, dataset, data, options, folder)
    top, started = _TopMatches(dataset), time.perf_counter()
    if options.shortlist:
        measures = _measure_shortlists(sides, options.shortlist, top)
    else:
        blocks = ((-scores, scores) for scores in sides.scorer.score_all())
        measures = sides.measure(top.watch(blocks))
    logging.info("matched and measured in %.1f s.", time.perf_counter() - started)
    return PairRetrieval(dataset, measures, top.indices, top.scores, options, sides.pictures)


class _Sides:
    """The memories of query and gallery, and what matches and measures them."""

    def __init__(self, network, dataset, data, options, folder):
        self.dataset = dataset
        watch = CopyWatch(dataset)
        facts = options.evaluation_batch, options.memory_dtype, options.symmetric
        # NumPy cannot read bfloat16 again.
        folder = "" if options.memory_dtype == "bfloat16" else folder
        # The same images in another folder are remembered alike.
        kept = Kept(folder, network, dataclasses.replace(data, data_dir=""), *facts)

        def memorize(side, as_queries):
            def make(split, likeness):
                memories = memorize_split(network, split, data, options, as_queries, likeness)
                return {n: part for n, part in vars(memories).items() if part is not None}

            return Memories(**kept.make(side, make, getattr(dataset, side), getattr(watch, side)))

        self.query, self.gallery = memorize("query", False), memorize("gallery", options.symmetric)
        watch.warn()
        self.pictures = watch.hash()
        self.scorer = PairScorer(network, self.query, self.gallery, options)
        self.protocol = SPECS[dataset.name].protocol

    def measure(self, blocks):
        """Returns the `Measures` of blocks of distances."""
        return measure_blocks(blocks, self.dataset.query, self.dataset.gallery, self.protocol)


def _measure_shortlists(sides, size, top):
    """Measures with a shortlist; a measure that drops the query's camera has one of its own."""
    measures = sides.measure(top.watch(_match_shortlists(sides, size)))
    if sides.protocol != SINGLE_GALLERY_SHOT:
        return measures
    own = sides.measure(ranks for ranks, _ in _match_shortlists(sides, size, whole_camera=True))
    shots = [
        of_camera if of_camera.rule == DROP_CAMERA else shot
        for of_camera, shot in zip(own.single_shots, measures.single_shots)
    ]
    return Measures(measures.all_pairs, tuple(shots))


def _match_shortlists(sides, size, whole_camera=False):
    """Yields (ranks, scores), float32[1, G] each; scores are NaN where nothing was matched."""
    query, gallery = sides.query.pooled, sides.gallery.pooled
    progress = Progress("Scoring pairs", len(query) * size)
    for start in range(0, len(query), _QUERIES):
        rows = slice(start, start + _QUERIES)
        unusable = mark_unusable(sides.dataset.query, sides.dataset.gallery, rows, whole_camera)
        chosen, distances = choose_shortlist(query[rows], gallery, size, unusable)
        found = sides.scorer.score_some(chosen, start, progress.advance)
        for columns, row, scores in zip(chosen, distances, found):
            placed = np.full((1, len(row)), np.nan, np.float32)
            placed[0, columns] = scores
            yield order_gallery(columns, scores[0], row)[np.newaxis], placed


class _TopMatches:
    """Notes the nearest images that count while blocks of distances pass by."""

    def __init__(self, dataset):
        self._query, self._gallery = dataset.query, dataset.gallery
        self.indices = np.full((len(dataset.query), TOP), -1, np.int64)
        self.scores = np.full((len(dataset.query), TOP), np.nan, np.float32)

    def watch(self, blocks):
        """Yields the distances of (distances, scores) as they are."""
        row = 0
        for distances, scores in blocks:
            for one, its_scores in zip(distances, scores):
                self._note(row, one, its_scores)
                row += 1
            yield distances

    def _note(self, row, distances, scores):
        columns = np.flatnonzero(~mark_unusable(self._query, self._gallery, [row])[0])
        # Stable: what ties stands in the gallery's order, the same in every run.
        nearest = columns[np.argsort(distances[columns], kind="stable")[:TOP]]
        nearest = nearest[~np.isnan(scores[nearest])]
        self.indices[row, : len(nearest)] = nearest
        self.scores[row, : len(nearest)] = scores[nearest]
