"""A trained run, evaluated on its own data set or on another one."""

import dataclasses
import os

from tfreid.data.readers import read_dataset
from tfreid.errors import InputError
from tfreid.evaluation.retrieval import evaluate_retrieval
from tfreid.runs.loading import load_network


def evaluate_checkpoint(checkpoint, evaluation=None):
    """Loads a checkpoint and evaluates it.

    Args:
      checkpoint: `CheckpointOptions`.
      evaluation: `EvaluationOptions`; None for those of the training.

    Returns:
      (network, `TrainOptions` of the run, `Retrieval`, {"step", "dataset", "trained_on", ...}).

    Raises:
      InputError: where no run, checkpoint or data set is found.
    """
    if not checkpoint.workdir:
        raise InputError("--workdir is empty: give the folder of a training run.")
    step = None if checkpoint.step < 0 else checkpoint.step
    network, options, origin = load_network(checkpoint.workdir, step)
    data = _choose_data(checkpoint, options.data)
    dataset = read_dataset(data, needs=("query", "gallery"))
    retrieval = evaluate_retrieval(network, dataset, data, evaluation or options.evaluation)
    facts = {
        "step": origin.facts.get("steps", 0),
        "dataset": dataset.name,
        "trained_on": origin.facts.get("dataset"),
    }
    return network, options, retrieval, {**facts, **retrieval.result.to_metrics()}


def _choose_data(checkpoint, trained):
    """Returns the run's `DataOptions`, pointed at the data set that was asked for."""
    if not checkpoint.dataset and not checkpoint.data_dir:
        return trained
    if checkpoint.dataset not in ("", "synthetic", trained.dataset) and not checkpoint.data_dir:
        raise InputError(f"--dataset={checkpoint.dataset}: give its --data_dir too.")
    folder = os.path.abspath(checkpoint.data_dir) if checkpoint.data_dir else ""
    if checkpoint.dataset == trained.dataset and not folder:
        folder = trained.data_dir
    return dataclasses.replace(
        trained, dataset=checkpoint.dataset or trained.dataset, data_dir=folder
    )
