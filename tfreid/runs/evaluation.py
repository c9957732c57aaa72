"""A trained run, evaluated on its own data set or on another one."""

import dataclasses
import os

from tfreid.data.datasets import CHOICES
from tfreid.data.readers import read_dataset
from tfreid.errors import InputError
from tfreid.evaluation.protocols import list_lines
from tfreid.evaluation.retrieval import evaluate_retrieval
from tfreid.runs.loading import load_network

_FACTS = ("step", "dataset", "trained_on")


def evaluate_checkpoint(checkpoint, evaluation=None):
    """Loads a checkpoint and evaluates it.

    Args:
      checkpoint: `CheckpointOptions`.
      evaluation: `EvaluationOptions`; None for those of the training.

    Returns:
      (network, `TrainOptions` of the run, `Retrieval`, {"step", "dataset", "trained_on",
      "protocol", ...} by the data set's own protocol; `list_all_lines` has those of all).

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
    facts = (origin.facts.get("steps", 0), dataset.name, origin.facts.get("dataset"))
    line = list_lines(dataset, retrieval.measures, dict(zip(_FACTS, facts)))[0]
    return network, options, retrieval, line


def list_all_lines(retrieval, line):
    """Returns the lines by all protocols, given what `evaluate_checkpoint` returned."""
    facts = {name: line[name] for name in _FACTS}
    return list_lines(retrieval.dataset, retrieval.measures, facts)


def _choose_data(checkpoint, trained):
    """Returns the run's `DataOptions`, pointed at the data set that was asked for."""
    if checkpoint.dataset in ("", trained.dataset):
        if checkpoint.split not in ("", trained.split):
            raise InputError(
                f"--split={checkpoint.split}: the run learned from split {trained.split} of "
                f"{trained.dataset}, so from people whom another split tests on; leave --split out."
            )
        folder = os.path.abspath(checkpoint.data_dir) if checkpoint.data_dir else trained.data_dir
        return dataclasses.replace(trained, data_dir=folder)
    if checkpoint.dataset != "synthetic" and not checkpoint.data_dir:
        raise InputError(f"--dataset={checkpoint.dataset}: give its --data_dir too.")
    defaults = {
        field.name: field.default for field in dataclasses.fields(trained) if field.name in CHOICES
    }
    if checkpoint.split:
        defaults["split"] = checkpoint.split
    folder = os.path.abspath(checkpoint.data_dir) if checkpoint.data_dir else ""
    return dataclasses.replace(trained, dataset=checkpoint.dataset, data_dir=folder, **defaults)
