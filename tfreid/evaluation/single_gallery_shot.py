"""Single-gallery-shot CMC: one drawn gallery image of each identity, many times over.

This is how CUHK01 and the classic CUHK03 are measured (Li et al., DeepReID, CVPR 2014). Two rules
are in use for what may be drawn, and they give different numbers; results name theirs:

  DROP_CAMERA    nothing of the query's own camera: the original protocol. A query is looked for
                 among one image of each identity, all from the other camera.
  DROP_IDENTITY  only images of the query's own identity may not be of its camera, as for
                 Market-1501. Others may be drawn from there; open toolboxes do so.
"""

import dataclasses

import numpy as np

from tfreid.data.dataset import DISTRACTOR_PID, JUNK_PID
from tfreid.data.specs import SINGLE_GALLERY_SHOT
from tfreid.errors import InputError
from tfreid.evaluation.distances import Comparer, cut_blocks
from tfreid.evaluation.levels import Levels
from tfreid.evaluation.ranking import check_block
from tfreid.evaluation.results import REPORTED_RANKS
from tfreid.evaluation.sides import make_sides
from tfreid.evaluation.ties import expect_cmc

DROP_CAMERA, DROP_IDENTITY = "drop_camera", "drop_identity"
RULES = (DROP_CAMERA, DROP_IDENTITY)
REPEATS = 100


@dataclasses.dataclass(frozen=True, eq=False)
class SingleShotResult:
    """Measures in percent; means over the queries that have a match, and over the draws.

    Attributes:
      rule: DROP_CAMERA or DROP_IDENTITY.
      repeats: number of draws.
      cmc: float64[max_rank], the mean over the draws; cmc[k - 1] is rank-k.
      deviation: float64[max_rank], the standard deviation of one draw's cmc.
      num_identities: identities in the gallery, distractors each counted as one.
      num_queries: number of queries.
      num_without_match: queries without a gallery image of their identity by another camera.
    """

    rule: str
    repeats: int
    cmc: np.ndarray
    deviation: np.ndarray
    num_identities: int
    num_queries: int
    num_without_match: int

    @property
    def protocol(self):
        """The name of the protocol, rule included."""
        return f"{SINGLE_GALLERY_SHOT}_{self.rule}"

    def to_metrics(self):
        """Returns {name: number} for `metrics.jsonl`, TensorBoard and tables."""
        ranks = [rank for rank in REPORTED_RANKS if rank <= len(self.cmc)]
        metrics = {f"rank{rank}": float(self.cmc[rank - 1]) for rank in ranks}
        metrics["rank1_deviation"] = float(self.deviation[0])
        metrics["repeats"] = self.repeats
        metrics["gallery_identities"] = self.num_identities
        metrics["queries"] = self.num_queries
        metrics["queries_without_match"] = self.num_without_match
        return metrics


def rank_single_gallery_shot(
    query_features,
    gallery_features,
    query_pids,
    gallery_pids,
    query_camids,
    gallery_camids,
    *,
    rule=DROP_CAMERA,
    repeats=REPEATS,
    seed=0,
    metric="euclidean",
    block_size=None,
    max_rank=50,
):
    """Measures features. Arguments not named here are as in `ranking.rank`.

    Args:
      query_features: [Q, D].
      gallery_features: [G, D].
      query_pids: [Q].
      gallery_pids: [G]; junk is never drawn, each distractor is an identity of its own.
      query_camids: [Q].
      gallery_camids: [G].
      rule: DROP_CAMERA or DROP_IDENTITY.
      repeats: number of draws.
      seed: of the draws. They depend on it and on the gallery's order alone.
      metric: "euclidean" or "cosine".
      block_size: queries compared at a time, or None.
      max_rank: length of the CMC curve.

    Returns:
      `SingleShotResult`.

    Raises:
      InputError: for arrays that cannot be ranked, an unknown rule, or where no query has a match.
    """
    query, gallery = make_sides(
        query_features, gallery_features, query_pids, gallery_pids, query_camids, gallery_camids
    )
    columns = np.arange(len(gallery))
    comparer = Comparer(query.features, gallery.features, columns, metric)
    draws = {"rule": rule, "repeats": repeats, "seed": seed}
    tally = SingleShotTally(query, gallery, **draws, max_rank=max_rank)
    for start, stop in cut_blocks(len(query), len(gallery), block_size):
        tally.add(start, comparer.compare(slice(start, stop)))
    return tally.make_result()


class SingleShotTally:
    """Collects blocks of distances, of whatever origin, and makes the result of them."""

    def __init__(self, query, gallery, *, rule=DROP_CAMERA, repeats=REPEATS, seed=0, max_rank=50):
        """Draws the galleries.

        Args:
          query: anything with a length, `pids` and `camids`, such as a `Split`.
          gallery: the same.
          rule: DROP_CAMERA or DROP_IDENTITY.
          repeats: number of draws.
          seed: of the draws.
          max_rank: length of the CMC curve.

        Raises:
          InputError: for an unknown rule, or where no query has a match.
        """
        if rule not in RULES:
            raise InputError(f"rule={rule!r}: allowed values are {', '.join(RULES)}.")
        if repeats < 1 or max_rank < 1:
            raise InputError(f"repeats={repeats}, max_rank={max_rank}: must be at least 1.")
        self._rule = rule
        self._people, groups = _group(gallery.pids)
        self._own = _find(self._people, query.pids)
        cameras, self._camera = np.unique(query.camids, return_inverse=True)
        pools = [gallery.camids != camera for camera in cameras]
        is_anybody = [np.ones(len(groups), bool)]
        self._elsewhere, self._anywhere = [], []  # per draw: columns [cameras, people]; [people]
        # Not `default_rng`, whose draws may change with numpy: figures would, too.
        random = np.random.RandomState(seed)
        for _ in range(repeats):
            order = random.permutation(len(groups))
            self._elsewhere.append(_pick(groups, len(self._people), order, pools))
            self._anywhere.append(_pick(groups, len(self._people), order, is_anybody)[0])
        self._matched = self._own >= 0
        self._matched &= self._elsewhere[0][self._camera, self._own] >= 0
        if not self._matched.any():
            raise InputError(
                f"None of the {len(self._own)} queries has a match, a gallery image of its "
                "identity from another camera; check the pids and camids."
            )
        self._sums = np.zeros((repeats, max_rank))
        self._num_gallery = len(groups)

    def add(self, first_query, distances):
        """Adds distances [B, G], smaller is nearer, whose row 0 is query `first_query`.

        For scores, where larger is nearer, give their negative. Each row is compared within
        itself only.

        Raises:
          InputError: for a distance that is not finite.
          ValueError: for distances of another shape.
        """
        distances = np.asarray(distances)
        check_block(distances, self._num_gallery)
        rows = np.flatnonzero(self._matched[first_query : first_query + len(distances)])
        queries, distances = first_query + rows, distances[rows]
        for number, (elsewhere, anywhere) in enumerate(zip(self._elsewhere, self._anywhere)):
            ahead, ties = self._place(queries, distances, elsewhere, anywhere)
            zeros, ones = np.zeros_like(ahead), np.ones_like(ahead)
            levels = Levels(rows, ahead, zeros, ties + 1, ones)
            self._sums[number] += expect_cmc(levels, self._sums.shape[1]).sum(axis=0)

    def make_result(self):
        """Returns the `SingleShotResult` of everything added."""
        cmc = 100 * self._sums / self._matched.sum()
        repeats = len(cmc)
        return SingleShotResult(
            rule=self._rule,
            repeats=repeats,
            cmc=cmc.mean(axis=0),
            deviation=cmc.std(axis=0, ddof=1) if repeats > 1 else np.zeros(cmc.shape[1]),
            num_identities=len(self._people),
            num_queries=len(self._own),
            num_without_match=int((~self._matched).sum()),
        )

    def _place(self, queries, distances, elsewhere, anywhere):
        """Returns how many of a drawn gallery are nearer than the match, and as near: [B] each."""
        cameras, own = self._camera[queries], self._own[queries]
        rows = np.arange(len(queries))
        match = distances[rows, elsewhere[cameras, own]][:, np.newaxis]
        if self._rule == DROP_CAMERA:
            columns = elsewhere[cameras]
            drawn = np.take_along_axis(distances, columns, axis=1)
            counts = columns >= 0
        else:
            drawn = distances[:, anywhere]
            counts = np.ones(drawn.shape, bool)
        # The query's own person is the match, not one of those that it is compared with.
        counts[rows, own] = False
        return ((drawn < match) & counts).sum(axis=1), ((drawn == match) & counts).sum(axis=1)


def _group(pids):
    """Returns (people: their pids, sorted; int[G]: each image's place among them, -1 for junk).

    Distractors are unknown people: each is one of its own, numbered below all pids.
    """
    labels = np.array(pids, np.int64)
    distractors = np.flatnonzero(labels == DISTRACTOR_PID)
    is_junk = labels == JUNK_PID
    labels[distractors] = JUNK_PID - 1 - np.arange(len(distractors))
    people = np.unique(labels[~is_junk])
    return people, np.where(is_junk, -1, np.searchsorted(people, labels))


def _find(people, pids):
    """Returns the place of each pid among people, -1 where it is not there, or nobody's."""
    places = np.minimum(np.searchsorted(people, pids), max(0, len(people) - 1))
    found = len(people) > 0 and (people[places] == pids) & (pids > DISTRACTOR_PID)
    return np.where(found, places, -1)


def _pick(groups, num_people, order, pools):
    """Returns int[pools, people]: of each one's images in a pool that which comes first in `order`.

    -1 where a pool has none. The order is uniformly random, so every image of the pool is equally
    likely; all queries of one draw that may see an image see the same one.
    """
    picks = np.full((len(pools), num_people), -1)
    for row, pool in enumerate(pools):
        columns = order[pool[order] & (groups[order] >= 0)]
        people, first = np.unique(groups[columns], return_index=True)
        picks[row, people] = columns[first]
    return picks
