"""A trained run, evaluated on its own data set or on another one."""

import dataclasses
from typing import Any

import numpy as np
import tensorflow as tf

from tfreid.data.readers import read_dataset
from tfreid.data.specs import CHOICES
from tfreid.errors import InputError
from tfreid.evaluation.protocols import MULTI_QUERY, RERANKED, list_lines
from tfreid.options import TrainOptions
from tfreid.runs.learned import read_learned, warn_of_learned
from tfreid.runs.loading import load_network
from tfreid.runs.workdir import Workdir

TRAIN, EVALUATE = "train", "evaluate"  # who measured, as a line of metrics.jsonl says
DIGITS = 12  # of the data's fingerprint, in a line


@dataclasses.dataclass(frozen=True, eq=False)
class Evaluation:
    """A network, what it was measured on and what came out.

    Attributes:
      network: the network.
      options: `TrainOptions` of its run, with the data and evaluation options that were used.
      step: training steps behind it.
      retrieval: what the system's `evaluate` returned.
      lines: for `metrics.jsonl`, one for each protocol, the data set's own first.
    """

    network: tf.keras.Model
    options: TrainOptions
    step: int
    retrieval: Any
    lines: list


def evaluate_checkpoint(checkpoint, evaluation=None, multi_query=False, rerank=False):
    """Loads a checkpoint and evaluates it.

    Args:
      checkpoint: `CheckpointOptions`.
      evaluation: options of the system's evaluation; None for those of the training.
      multi_query: whether to measure with several images for each query, too.
      rerank: whether to measure after re-ranking, too.

    Returns:
      `Evaluation`.

    Raises:
      InputError: where no run, checkpoint or data set is found, or one of the two cannot be.
    """
    step = None if checkpoint.step < 0 else checkpoint.step
    network, options, origin = load_network(checkpoint.place, step)
    options = options._replace(
        data=_choose_data(checkpoint, options.data),
        evaluation=evaluation or options.evaluation,
        run=dataclasses.replace(options.run, workdir=checkpoint.workdir),  # it may have moved
    )
    # Training images may be gone: an evaluation needs none of them.
    dataset = read_dataset(options.data, needs=("query", "gallery"))
    if multi_query:
        options.system.check_multi_query(dataset)
    if rerank:
        options.system.check_rerank()
    learned = read_learned(Workdir(checkpoint.place).learned)
    more = multi_query, rerank
    return evaluate_network(network, origin, dataset, options, EVALUATE, learned, *more)


def evaluate_network(
    network, origin, dataset, options, source, learned=None, multi_query=False, rerank=False
):
    """Evaluates a network by its system's way.

    Args:
      network: the network. One that was changed otherwise than by its weights needs options without
        a workdir: embeddings are kept there, and told apart by weights, options and code alone.
      origin: `Origin` of its weights.
      dataset: `Dataset` to evaluate on.
      options: `TrainOptions`; their data and evaluation options are used.
      source: TRAIN or EVALUATE.
      learned: `Learned` of the network; None where it is not known.
      multi_query: whether to measure with several images for each query, too.
      rerank: whether to measure after re-ranking, too.

    Returns:
      `Evaluation`.
    """
    retrieval = options.system.evaluate(network, dataset, options)
    known = _count_learned(learned, dataset, retrieval)
    options = options._replace(evaluation=retrieval.options)  # a result says what took effect
    step = origin.facts.get("steps", 0)
    facts = {
        "source": source,
        "step": step,
        "dataset": dataset.name,
        "data": fingerprint(dataset),
        "trained_on": origin.facts.get("dataset"),
        "learned_people": known,
        **options.evaluation.list_facts(),
    }
    lines = list_lines(dataset, retrieval.measures, facts)
    if multi_query:
        measures, images = options.system.measure_multi_query(network, retrieval, options)
        lines += list_lines(dataset, measures, {**facts, "query_images": images}, MULTI_QUERY)
    if rerank:
        lines += list_lines(dataset, options.system.measure_reranked(retrieval), facts, RERANKED)
    return Evaluation(network, options, step, retrieval, lines)


def _count_learned(learned, dataset, retrieval):
    """Returns how many people of query and gallery the network has learned from; None: unknown."""
    if learned is None:
        return None
    pictures = getattr(retrieval, "pictures", None)  # another's system may tell none
    if pictures is not None:
        dataset = retrieval.dataset  # of these rows
    sides = dataset.query, dataset.gallery
    paths, pids = [path for side in sides for path in side.paths], [side.pids for side in sides]
    number = learned.count(paths, np.concatenate(pids), dataset.name, pictures)
    warn_of_learned(number, dataset.root)
    return number


def fingerprint(dataset):
    """Returns the beginning of a data set's SHA-256."""
    return dataset.fingerprint()["sha256"][:DIGITS]


def _choose_data(checkpoint, trained):
    """Returns the run's `DataOptions`, pointed at the data set that was asked for."""
    if checkpoint.dataset in ("", trained.dataset):
        if checkpoint.split not in ("", trained.split):
            raise InputError(
                f"split={checkpoint.split}: the run learned from split {trained.split} of "
                f"{trained.dataset}, so from people whom another split tests on; leave `split` out."
            )
        if checkpoint.test_identities not in (0, trained.test_identities):
            raise InputError(
                f"test_identities={checkpoint.test_identities}: the run of {trained.dataset} was "
                f"trained with test_identities={trained.test_identities}; leave it out."
            )
        return dataclasses.replace(trained, data_dir=checkpoint.data_dir or trained.data_dir)
    if checkpoint.dataset != "synthetic" and not checkpoint.data_dir:
        raise InputError(f"dataset={checkpoint.dataset}: give its `data_dir` too.")
    # A split, or whom it leaves out, is a matter of each data set.
    defaults = {
        field.name: field.default for field in dataclasses.fields(trained) if field.name in CHOICES
    }
    defaults["test_identities"] = checkpoint.test_identities
    if checkpoint.split:
        defaults["split"] = checkpoint.split
    return dataclasses.replace(
        trained, dataset=checkpoint.dataset, data_dir=checkpoint.data_dir, **defaults
    )
