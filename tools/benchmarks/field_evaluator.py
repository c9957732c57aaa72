"""The evaluation that the field's code does, written out literally, to be measured against.

Most public code of person re-identification follows one evaluator (torchreid's in Python): the
whole distance matrix, all of it sorted, then a loop over the queries. This is that way of working
in our own words, each query's arithmetic on whole arrays, which is kinder than going through its
ranking number by number; with torchreid installed, its own function is measured instead.
"""

import numpy as np

TORCHREID, LITERAL = "torchreid", "literal"


def make_evaluator():
    """Returns (name, function like `evaluate`): torchreid's where it is installed."""
    try:
        from torchreid.metrics.rank import evaluate_rank
    except ImportError:
        return LITERAL, evaluate

    def evaluate_by_torchreid(distances, query_pids, gallery_pids, query_camids, gallery_camids):
        # The one in Python: the compiled one is there only where somebody built it.
        curve, mean_ap = evaluate_rank(
            distances, query_pids, gallery_pids, query_camids, gallery_camids, use_cython=False
        )
        return 100 * float(curve[0]), 100 * float(mean_ap)

    return TORCHREID, evaluate_by_torchreid


def evaluate(distances, query_pids, gallery_pids, query_camids, gallery_camids, max_rank=50):
    """Returns (rank-1, mAP) in percent, of a matrix of distances [Q, G].

    AP is the mean of the precisions at the matches. Queries without a match are left out.
    """
    order = np.argsort(distances, axis=1)
    all_matches = (gallery_pids[order] == query_pids[:, np.newaxis]).astype(np.int32)
    curves, precisions = [], []
    for query in range(len(distances)):
        ranked = order[query]
        is_own_view = (gallery_pids[ranked] == query_pids[query]) & (
            gallery_camids[ranked] == query_camids[query]
        )
        matches = all_matches[query][~is_own_view]
        if not matches.any():
            continue
        found = matches.cumsum()
        curves.append(np.minimum(found, 1)[:max_rank])
        precision = found / (np.arange(len(found)) + 1.0) * matches
        precisions.append(precision.sum() / matches.sum())
    first = np.mean([curve[0] for curve in curves])
    return 100 * float(first), 100 * float(np.mean(precisions))
