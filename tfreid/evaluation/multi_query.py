"""Several images for a query: the mean embedding of its person in its camera.

Zheng et al., Scalable Person Re-identification: A Benchmark, ICCV 2015, section 5.3: the boxes that
were drawn by hand, `gt_bbox`, are the images of a multiple query; its features are averaged.
"""

import os

import numpy as np

from tfreid.data.folders import read_split
from tfreid.errors import InputError
from tfreid.evaluation.protocols import Measures
from tfreid.evaluation.retrieval import measure_single_shots, rank_dataset

FOLDER = "gt_bbox"  # of Market-1501, beside its splits


def check_multi_query(dataset):
    """Raises `InputError` where cameras are unknown: each query is then alone in its camera."""
    if not dataset.query.labels.count_cameras(dataset.query.camids):
        raise InputError(
            f"multi_query=true: {dataset.root} tells no cameras, so that a query has no other "
            "images of its own camera; leave the flag out."
        )


def measure_multi_query(embed, retrieval):
    """Measures again with a mean embedding in each query's place.

    It is the mean over the images of the query's person in the query's camera, the query among
    them: those of `gt_bbox` where the data set has that folder, else those of query and gallery,
    which never count for this query. A query without any keeps its own.

    Args:
      embed: from a `Split` to float32[N, D], as `Embedder.embed`.
      retrieval: `Retrieval` of the single queries.

    Returns:
      (`Measures`, number of images that went into the means).

    Raises:
      InputError: for an image that cannot be read.
    """
    dataset = retrieval.dataset
    keys = _list_keys(dataset.query)
    shown, embeddings = _collect(embed, retrieval, set(keys))
    rows = {key: [] for key in keys}
    for row, key in enumerate(shown):
        rows[key].append(row)
    means = [
        embeddings[rows[key]].mean(axis=0) if rows[key] else own
        for key, own in zip(keys, retrieval.query_embeddings)
    ]
    columns = dataset, np.stack(means), retrieval.gallery_embeddings
    return Measures(rank_dataset(*columns), measure_single_shots(*columns)), len(shown)


def _collect(embed, retrieval, keys):
    """Returns ([(pid, camid)] of the images of all queries, their embeddings float32[N, D])."""
    dataset = retrieval.dataset
    folder = os.path.join(dataset.root, FOLDER)
    if os.path.isdir(folder):
        split = _take(read_split(folder), keys)
        return _list_keys(split), embed(split) if len(split) else retrieval.query_embeddings[:0]
    shown = _list_keys(dataset.query) + _list_keys(dataset.gallery)
    embeddings = np.concatenate([retrieval.query_embeddings, retrieval.gallery_embeddings])
    paths = dataset.query.paths + dataset.gallery.paths
    firsts = {path: row for row, path in reversed(list(enumerate(paths)))}  # CUHK's are in both
    kept = [row for path, row in firsts.items() if shown[row] in keys]
    return [shown[row] for row in kept], embeddings[kept]


def _take(split, keys):
    return split.take(np.array([key in keys for key in _list_keys(split)], bool))


def _list_keys(split):
    return list(zip(split.pids.tolist(), split.camids.tolist()))
