"""The evaluation of a network that scores pairs of images: memorize, match, measure."""

import dataclasses

import numpy as np

from tfreid.data.datasets import SPECS
from tfreid.data.progress import Progress
from tfreid.data.records import DISTRACTOR_PID, Dataset
from tfreid.evaluation.memories import memorize_split
from tfreid.evaluation.pair_scores import PairScorer
from tfreid.evaluation.protocols import Measures, measure_blocks
from tfreid.evaluation.retrieval import check_searchable, drop_junk
from tfreid.evaluation.shortlist import choose_shortlist, order_gallery

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
    """

    dataset: Dataset
    measures: Measures
    indices: np.ndarray
    scores: np.ndarray

    @property
    def result(self):
        """`RankingResult`, all pairs."""
        return self.measures.all_pairs

    @property
    def average_precision(self):
        """float[Q], in percent."""
        return self.result.average_precision


def evaluate_pairs(network, dataset, data, options):
    """Scores the pairs of query and gallery, and measures by the data set's protocol.

    As in the paper, every query is matched with the whole gallery; with `options.shortlist`, only
    with the nearest images by pooled features, and all others follow in that order.

    Args:
      network: `KvmMn`.
      dataset: `Dataset`.
      data: `DataOptions`, for the image size.
      options: `PairScoringOptions`.

    Returns:
      `PairRetrieval`.

    Raises:
      InputError: without query or gallery images, or where no query has a match.
    """
    check_searchable(dataset)
    dataset = drop_junk(dataset)
    query = memorize_split(network, dataset.query, data, options)
    gallery = memorize_split(network, dataset.gallery, data, options, as_queries=options.symmetric)
    scorer = PairScorer(network, query, gallery, options)
    if 0 < options.shortlist < len(gallery):
        blocks = _match_shortlists(scorer, query.pooled, gallery.pooled, options.shortlist)
    else:
        blocks = ((-scores, scores) for scores in scorer.score_all())
    top = _TopMatches(dataset)
    protocol = SPECS[dataset.name].protocol
    measures = measure_blocks(top.watch(blocks), dataset.query, dataset.gallery, protocol)
    return PairRetrieval(dataset, measures, top.indices, top.scores)


def _match_shortlists(scorer, query_features, gallery_features, size):
    """Yields (ranks, scores), float32[1, G] each; scores are NaN where nothing was matched."""
    progress = Progress("Scoring pairs", len(query_features) * size)
    for start in range(0, len(query_features), _QUERIES):
        stop = start + _QUERIES
        chosen, distances = choose_shortlist(query_features[start:stop], gallery_features, size)
        found = scorer.score_some(chosen, start, progress.advance)
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
        columns = np.flatnonzero(self._mark_counted(row))
        nearest = columns[np.argsort(distances[columns], kind="stable")[:TOP]]
        nearest = nearest[~np.isnan(scores[nearest])]
        self.indices[row, : len(nearest)] = nearest
        self.scores[row, : len(nearest)] = scores[nearest]

    def _mark_counted(self, row):
        pid, camid = self._query.pids[row], self._query.camids[row]
        if pid <= DISTRACTOR_PID:  # nobody's pid: it says nothing about being the same person
            return np.ones(len(self._gallery), bool)
        return (self._gallery.pids != pid) | (self._gallery.camids != camid)
