"""What a model says of itself: `assets/model.json` of an export, and `tfreid.load`'s attributes."""

import hashlib
import json
import os

import numpy as np

from tfreid.errors import InputError
from tfreid.options import to_flagfile
from tfreid.runs.workdir import Workdir
from tfreid.version import __version__

CARD = os.path.join("assets", "model.json")  # within a version folder


def make_card(network, options, origin, workdir):
    """Describes a trained network as a JSON-able dict.

    Args:
      network: built network.
      options: `TrainOptions` of its run.
      origin: `Origin` of its weights.
      workdir: folder of its run.

    Returns:
      dict with "system", "fingerprint" (see `compute_fingerprint`), "height", "width", "training"
      (steps, data set, initial weights), "data" (fingerprint of the training data), "metrics" (the
      evaluations of this step), "flags" (of the training) and "tfreid" (version).
    """
    workdir = Workdir(workdir)
    steps = origin.facts.get("steps", 0)
    return {
        "system": options.model.model,
        "fingerprint": compute_fingerprint(network, options),
        "height": options.data.height,
        "width": options.data.width,
        "training": origin.facts,
        "data": _read_data_fingerprint(workdir),
        "metrics": [line for line in _read_metrics(workdir) if line.get("step") == steps],
        "flags": to_flagfile(options).split("\n"),
        "tfreid": __version__,
    }


def compute_fingerprint(network, options):
    """Returns SHA-256 (hex) of all that decides what a network says of an image.

    That is its weights and its preprocessing. Embeddings of models with equal fingerprints can be
    compared with each other.
    """
    evaluation, data = options.evaluation, options.data
    settings = {
        "system": options.model.model,
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
            return json.load(file)
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path}: what the exported model says of itself is missing or damaged ({error}); "
            "export again."
        ) from error


def _read_metrics(workdir):
    if not os.path.isfile(workdir.metrics):
        return []
    with open(workdir.metrics, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def _read_data_fingerprint(workdir):
    if not os.path.isfile(workdir.provenance):
        return None
    with open(workdir.provenance, encoding="utf-8") as file:
        return json.load(file)["data"]
