"""How well a network finds people: embeddings, protocols, measures."""

from tfreid.evaluation.matches import top_matches
from tfreid.evaluation.ranking import RankingTally, rank
from tfreid.evaluation.results import RankingResult
from tfreid.evaluation.retrieval import evaluate_retrieval, rank_dataset
from tfreid.evaluation.single_gallery_shot import SingleShotResult, rank_single_gallery_shot

__all__ = [
    "RankingResult",
    "RankingTally",
    "SingleShotResult",
    "evaluate_retrieval",
    "rank",
    "rank_dataset",
    "rank_single_gallery_shot",
    "top_matches",
]
