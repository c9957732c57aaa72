"""Query expansion: a query's features, averaged with those of its nearest images."""

import numpy as np


def expand_queries(queries, neighbors, alpha):
    """Averages queries with their nearest images.

    alpha = 0 is average query expansion (Chum et al., "Total Recall", ICCV 2007); a larger one
    weighs each image by its cosine similarity to the query to the power of alpha, the query itself
    by 1 (Radenovic et al., "Fine-tuning CNN Image Retrieval with No Human Annotation", TPAMI 2019).
    Features keep their length: they are compared by Euclidean distance.

    Args:
      queries: float32[Q, D].
      neighbors: float32[Q, n, D], the nearest images of each.
      alpha: at least 0.

    Returns:
      float32[Q, D].
    """
    products = np.einsum("qd,qnd->qn", queries, neighbors)
    lengths = np.linalg.norm(queries, axis=1)[:, np.newaxis] * np.linalg.norm(neighbors, axis=2)
    cosines = products / np.maximum(lengths, np.finfo(np.float32).tiny)
    weights = np.maximum(cosines, 0) ** alpha
    total = queries + np.einsum("qn,qnd->qd", weights, neighbors)
    return (total / (1 + weights.sum(axis=1, keepdims=True))).astype(np.float32)
