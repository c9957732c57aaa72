"""The protocols by which a data set is measured, from distances of whatever origin.

An embedding network's distances are computed block by block from its features; a matching network
gives a score for each pair. Both end here: blocks of distances [B, G] go to every measure at once,
so that pairs are scored only once.
"""

import dataclasses

from tfreid.data.specs import ALL_PAIRS, REASSOCIATION, SINGLE_GALLERY_SHOT
from tfreid.evaluation.ranking import RankingTally
from tfreid.evaluation.results import RankingResult
from tfreid.evaluation.single_gallery_shot import DROP_CAMERA, DROP_IDENTITY, RULES, SingleShotTally

MULTI_QUERY = "multi_query"  # how a protocol's name ends where a mean stands for each query
RERANKED = "reranked"  # the same after re-ranking
UNKNOWN = "unknown"  # what a line says of cameras that nobody knows
_SHOT = "single gallery shot, without the query's"
TITLES = {
    ALL_PAIRS: "all pairs",
    f"{SINGLE_GALLERY_SHOT}_{DROP_CAMERA}": f"{_SHOT} camera",
    f"{SINGLE_GALLERY_SHOT}_{DROP_IDENTITY}": f"{_SHOT} identity in its camera",
}
TITLES |= {
    f"{name}_{ending}": f"{title}, {words}"
    for name, title in TITLES.items()
    for ending, words in ((MULTI_QUERY, "multi-query"), (RERANKED, "re-ranked"))
}


@dataclasses.dataclass(frozen=True, eq=False)
class Measures:
    """What was measured.

    Attributes:
      all_pairs: `RankingResult` of every query against the whole gallery.
      single_shots: `SingleShotResult` by each rule, the data set's own first; empty for data sets
        that are not measured so.
    """

    all_pairs: RankingResult
    single_shots: tuple = ()

    def list_metrics(self):
        """Returns [(protocol, {name: number})], the data set's own protocol first."""
        rows = [(result.protocol, result.to_metrics()) for result in self.single_shots]
        return [*rows, (ALL_PAIRS, self.all_pairs.to_metrics())]


def measure_blocks(blocks, query, gallery, protocol=ALL_PAIRS, *, progress=None):
    """Measures distances by a data set's protocol.

    Args:
      blocks: iterable of distances [B, G], finite, smaller is nearer: the rows of all queries in
        order, in blocks of any sizes. For scores, where larger is nearer, give their negative.
      query: `Split`, or anything with a length, `pids` and `camids`.
      gallery: the same.
      protocol: `DatasetSpec.protocol`: ALL_PAIRS or SINGLE_GALLERY_SHOT (both rules, and all
        pairs).
      progress: called after each block with the number of its queries, or None.

    Returns:
      `Measures`.

    Raises:
      InputError: where no query has a match, or for a distance that is not finite.
      ValueError: if the blocks have not one row for each query.
    """
    tallies = [RankingTally(query, gallery)]
    if protocol == SINGLE_GALLERY_SHOT:
        shots = [SingleShotTally(query, gallery, rule=rule) for rule in RULES]
        tallies += shots
    done = 0
    for block in blocks:
        for tally in tallies:
            tally.add(done, block)
        done += len(block)
        if progress:
            progress(len(block))
    if done != len(query):
        raise ValueError(f"blocks have {done} rows for {len(query)} queries.")
    all_pairs, *single_shots = [tally.make_result() for tally in tallies]
    return Measures(all_pairs, tuple(single_shots))


def list_lines(dataset, measures, facts, ending=""):
    """Returns the lines of an evaluation for `metrics.jsonl`, the data set's own protocol first.

    Args:
      dataset: `Dataset`.
      measures: `Measures`.
      facts: what else each line says first, such as {"step": 100, "dataset": ...}.
      ending: of the protocols' names, such as MULTI_QUERY; "" for none.
    """
    more = {"split": dataset.partition} if dataset.partition else {}
    if not dataset.query.labels.count_cameras(dataset.query.camids):
        more["cameras"] = UNKNOWN
    return [
        {**facts, "protocol": f"{protocol}_{ending}".rstrip("_"), **more, **metrics}
        for protocol, metrics in measures.list_metrics()
    ]


def name_line(line):
    """Returns the heading of a line of `list_lines` in a table.

    Data set, split, protocol, and how pairs were scored where that is not as in the paper.
    """
    name = line["dataset"]
    if line["protocol"] == REASSOCIATION:
        return f"{name}, {line['gap']} frames later"
    if "split" in line:
        name += f", split {line['split']}"
    if line["protocol"] != ALL_PAIRS or "split" in line:
        name += f": {TITLES[line['protocol']]}"
    if line.get("cameras") == UNKNOWN:
        name += ", each query against all other images"
    return name + name_settings(line)


def name_settings(facts):
    """Returns how pairs were scored, to stand behind a name: ", shortlist 100, symmetric".

    Args:
      facts: of `PairScoringOptions.list_facts`, or a line with them; "" for other lines, and for
        all pairs matched one way by float32 memories, as in the paper.
    """
    words = []
    if facts.get("shortlist"):
        words.append(f"shortlist {facts['shortlist']}")
    if facts.get("symmetric"):
        words.append("symmetric")
    if facts.get("memory_dtype", "float32") != "float32":
        words.append(f"{facts['memory_dtype']} memories")
    return "".join(f", {word}" for word in words)
