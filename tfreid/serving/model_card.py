"""What a model says of itself: `assets/model.json` of an export, and `tfreid.load`'s attributes."""

import dataclasses
import hashlib
import json
import os
from collections.abc import Iterable

import numpy as np
import tensorflow as tf

from tfreid.errors import InputError
from tfreid.files import check_sha256, compute_sha256
from tfreid.json_lines import read_lines
from tfreid.options.fields import rule_of, to_text
from tfreid.plugins import list_imported, tell_missing
from tfreid.runs.provenance import read_data_fingerprint
from tfreid.runs.workdir import Workdir
from tfreid.systems import SYSTEMS
from tfreid.text_files import read_json
from tfreid.version import __version__, tell_other
from tfreid.weights.catalogue import is_name

CARD = os.path.join("assets", "model.json")  # within a version folder
_FORM = {"system": str, "fingerprint": str, "height": int, "width": int}
_MOST_PIXELS = 2048  # a side, as --height and --width allow
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
    # Sorted: options that change places in their class make no other model.
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for variable in network.variables:
        values = np.ascontiguousarray(variable.numpy())
        # The shape, too: the same numbers in another shape are another model.
        digest.update(f"{values.dtype} {values.shape}".encode())
        digest.update(values.view(np.uint8).data)
    return digest.hexdigest()


def read_card(folder):
    """Returns the card of an exported version folder.

    Raises:
      InputError: where there is none, or a damaged one.
    """
    path = os.path.join(folder, CARD)
    card = read_json(path, "export again", _FORM)
    plugins, sums = card.get("plugins", []), card.get("files", {})
    if not _are_texts(plugins) or not isinstance(sums, dict) or not _are_texts(sums.values()):
        raise InputError(f"{path}: is damaged (plugins or files); export again.")
    known = card["system"] in SYSTEMS
    missing = "" if known else tell_missing(plugins)
    if missing:
        raise InputError(f"{path}: {missing}")
    other = "" if known else tell_other(_read_version(card))
    if other:
        raise InputError(f"{path}: system {card['system']} is not known here.{other}")
    sizes = [card[name] for name in ("height", "width")]
    if not known or not card["fingerprint"] or not 0 < min(sizes) <= max(sizes) <= _MOST_PIXELS:
        raise InputError(
            f"{path}: is damaged (system {card['system']}, {sizes[0]} x {sizes[1]}); export again."
        )
    return card


def _read_version(card):
    versions = card.get("versions")
    return versions.get("tfreid") if isinstance(versions, dict) else None


def list_sums(folder):
    """Returns {file in a version folder: SHA-256} of all but the card, which keeps them as "files".

    What a card says of a model holds for these files; another model beside it is noticed.
    """
    paths = [os.path.join(root, name) for root, _, names in os.walk(folder) for name in names]
    names = sorted(os.path.relpath(path, folder) for path in paths)
    return {name: compute_sha256(os.path.join(folder, name)) for name in names if name != CARD}


def check_files(folder, sums):
    """Raises `InputError` where a version's model is not the one that its card speaks of.

    Args:
      folder: the version folder.
      sums: those of the card's "files" that are to be used; {} of exports from before there were
        sums.
    """
    for name, digest in sums.items():
        check_sha256(
            os.path.join(folder, name),
            digest,
            f"is not the file that was exported, so {CARD} does not speak of it; it is damaged or "
            "was exchanged",
            "; export again.",
        )


def _are_texts(values):
    return isinstance(values, Iterable) and all(isinstance(value, str) for value in values)


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
    metrics = [line for line in read_lines(workdir.metrics) if line.get("step") == steps]
    return {"data": _read_data_fingerprint(workdir), "metrics": metrics}


def _read_data_fingerprint(workdir):
    """Returns what provenance.json says of the data; None where it says nothing."""
    try:
        return read_data_fingerprint(workdir.provenance)
    except InputError:
        return None
