"""Scores of all pairs of a data set, and what they measure; the simplest form, to be replaced."""

import dataclasses

import numpy as np
import tensorflow as tf

from tfreid.data.batches import IMAGE
from tfreid.data.datasets import SPECS
from tfreid.data.pipeline import make_eval_dataset
from tfreid.data.records import JUNK_PID
from tfreid.evaluation.protocols import measure_blocks
from tfreid.layers.key_value_memory import Memory


@dataclasses.dataclass(frozen=True, eq=False)
class PairRetrieval:
    dataset: object
    measures: object
    indices: np.ndarray
    scores: np.ndarray

    @property
    def result(self):
        return self.measures.all_pairs

    @property
    def average_precision(self):
        return self.result.average_precision


def evaluate_pairs(network, dataset, data, options):
    gallery = dataset.gallery.take(dataset.gallery.pids != JUNK_PID)
    dataset = dataclasses.replace(dataset, gallery=gallery)
    memorize = tf.function(network.memorize)

    def remember(split):
        parts = [memorize(b[IMAGE]) for b in make_eval_dataset(split, data, 64)]
        return Memory(*(tf.concat(column, 0) for column in zip(*parts)))

    query, gallery_memory = remember(dataset.query), remember(gallery)
    match = tf.function(network.match, reduce_retracing=True)
    rows = []
    for i in range(0, len(dataset.query), 8):
        prepared = network.prepare_query(Memory(*(p[i : i + 8] for p in query)))
        blocks = [
            match(prepared, Memory(*(p[j : j + 64] for p in gallery_memory))).numpy()
            for j in range(0, len(gallery), 64)
        ]
        rows.append(np.concatenate(blocks, 1))
    scores = np.concatenate(rows)
    measures = measure_blocks([-scores], dataset.query, gallery, SPECS[dataset.name].protocol)
    indices = np.argsort(-scores, axis=1)[:, :10]
    return PairRetrieval(dataset, measures, indices, np.take_along_axis(scores, indices, 1))
