"""What a model says of itself: `assets/model.json` of an export, and `tfreid.load`'s attributes."""

import dataclasses
import hashlib
import json
import os

import numpy as np
import tensorflow as tf

from tfreid.errors import InputError
from tfreid.evaluation.report import read_metrics
from tfreid.options.fields import rule_of, to_text
from tfreid.plugins import list_imported, tell_missing
from tfreid.runs.workdir import Workdir
from tfreid.systems import SYSTEMS
from tfreid.version import __version__
from tfreid.weights.catalogue import is_name

CARD = os.path.join("assets", "model.json")  # within a version folder
_FOLDERS = ("workdir", "data_dir", "initial_weights")  # nobody's business but the trainer's


def make_card(network, options, origin, place):
    """Describes a trained network as a JSON-able dict.

    Args:
      network: built network.
      options: `TrainOptions` of its run.
      origin: `Origin` of its weights.
      place: workdir of its run, or key of `WEIGHTS`.

    Returns:
      dict with "system", "fingerprint" (see `compute_fingerprint`), "height", "width", "training"
      (steps, data set, initial weights), "data" (name, counts and hash of the training data, if
      known), "metrics" (the evaluations of this step), "flags" (of the training, without folders),
      "plugins" (modules of `--import`) and "versions".
    """
    return {
        "system": options.model.model,
        "fingerprint": compute_fingerprint(network, options),
        "height": options.data.height,
        "width": options.data.width,
        "training": origin.facts,
        **_read_run(place, origin.facts.get("steps", 0)),
        "flags": _list_flags(options),
        "plugins": list(list_imported()),
        "versions": {"tfreid": __version__, "tensorflow": tf.__version__},
    }


def compute_fingerprint(network, options):
    """Returns SHA-256 (hex) of all that decides what a network says of an image.

    That is its weights, its architecture and precision, and its preprocessing. Embeddings of models
    with equal fingerprints can be compared with each other.
    """
    evaluation, data = options.evaluation, options.data
    settings = {
        "model": _list_choices(options.model),
        "precision": options.run.precision,
        "size": [data.height, data.width],
        "normalization": data.normalization,
        "flip_averaging": getattr(evaluation, "flip_averaging", None),
    }
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for variable in network.variables:
        values = np.ascontiguousarray(variable.numpy())
        digest.update(f"{values.dtype} {values.shape}".encode())
        digest.update(values.view(np.uint8).data)
    return digest.hexdigest()


def read_card(folder):
    """Returns the card of an exported version folder.

    Raises:
      InputError: where there is none, or a damaged one.
    """
    path = os.path.join(folder, CARD)
    try:
        with open(path, encoding="utf-8") as file:
            card = json.load(file)
        sizes = [card[name] for name in ("height", "width")]
        known = card["system"] in SYSTEMS
        missing = "" if known else tell_missing(card.get("plugins", ()))
        if not (known or missing) or not card["fingerprint"] or min(sizes) <= 0:
            raise ValueError(f"system {card['system']}, {sizes[0]} x {sizes[1]}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path}: what the exported model says of itself is missing or damaged ({error}); "
            "export again."
        ) from error
    if missing:
        raise InputError(f"{path}: {missing}")
    return card


def _list_choices(model):
    """Returns {option: value}, without what fingerprints did not tell before it was there."""
    return {
        field.name: getattr(model, field.name)
        for field in dataclasses.fields(model)
        if not rule_of(field).is_new or getattr(model, field.name) != field.default
    }


def _list_flags(options):
    return {
        name: to_text(value)
        for group in options
        for name, value in vars(group).items()
        if name not in _FOLDERS
    }


def _read_run(place, steps):
    """Returns what a workdir knows of its data and of a step's figures; names have none."""
    if is_name(place):
        return {"data": None, "metrics": []}
    workdir = Workdir(place)
    metrics = [line for line in read_metrics(workdir.metrics) if line.get("step") == steps]
    return {"data": _read_data_fingerprint(workdir), "metrics": metrics}


def _read_data_fingerprint(workdir):
    """Returns what provenance.json says of the data; None where it says nothing."""
    try:
        with open(workdir.provenance, encoding="utf-8") as file:
            return json.load(file)["data"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
