"""From a trained run to a version folder for TF Serving."""

import contextlib
import json
import os
from typing import NamedTuple

import tensorflow as tf
from absl import logging

from tfreid.errors import InputError
from tfreid.layers.folding import fold_batch_norm
from tfreid.runs.loading import load_network
from tfreid.runs.network_files import write_network
from tfreid.runs.workdir import read_options
from tfreid.serving.model_card import CARD, list_sums, make_card, read_card
from tfreid.serving.server_files import list_requests, write_server_files, write_warm_up
from tfreid.serving.verification import TOLERANCES, verify
from tfreid.serving.versions import (
    WEIGHTS_TO_LEARN_FROM,
    copy_learned,
    find_latest_version,
    write_version,
)


class Export(NamedTuple):
    """What was exported.

    Attributes:
      version: the version folder.
      card: what is in its `assets/model.json`.
      difference: largest difference between the answers of the network and of the loaded export,
        in units of an answer's largest number.
    """

    version: str
    card: dict
    difference: float


def export_run(place, folder, step=None):
    """Exports a checkpoint of a run, or weights by name, as the next version in a folder.

    The version appears only after a fresh process has loaded it and given the network's answers.

    Args:
      place: workdir of the run, or key of `WEIGHTS`.
      folder: the export folder.
      step: the checkpoint's step; None for the latest.

    Returns:
      `Export`.

    Raises:
      InputError: where there is no such run or checkpoint, the folder cannot be written or holds
        versions of another system, or the loaded export gives other answers.
    """
    read_options(place)  # a wrong workdir shall make no folder
    found = {}

    def fill(version):
        network, options, origin = load_network(place, step)
        card = found["card"] = make_card(network, options, origin, place)
        system = options.system
        # Before the minutes that follow.
        _check_system(folder, system.name)
        signatures = system.make_signatures(network, options)
        requests = list_requests(system, signatures)
        # By the network as it was trained: folding is among what the check must notice.
        expected = _answer(signatures, requests)
        write_network(os.path.join(version, WEIGHTS_TO_LEARN_FROM), network, origin.list_facts())
        with fold_batch_norm(network) as folded:
            if folded:  # those above were traced with batch norm in its place
                signatures = system.make_signatures(network, options)
            save_model(signatures, version)
        copy_learned(place, version)
        with _tell_disk():
            write_warm_up(version, system.name, requests)
        card["files"] = list_sums(version)
        _write_card(version, card)
        logging.info("Checking the export in a fresh process.")
        tolerance = TOLERANCES[options.run.precision]
        found["difference"] = verify(version, expected, requests, tolerance)
        write_server_files(folder, system.name, system.merges_requests)

    return Export(write_version(folder, fill), **found)


def _check_system(folder, system):
    """Raises `InputError` where versions of another system are: a server would go over to ours."""
    try:
        other = read_card(find_latest_version(folder))["system"]
    except InputError:
        return  # nothing there, or nothing that anybody can serve
    if other != system:
        raise InputError(f"export_dir={folder}: holds versions of {other}; give another folder.")


def save_model(signatures, folder):
    """Writes the SavedModel of a network.

    Only the signatures and their variables are saved, not the network as an object: loading that
    would take tfreid. Raises `OSError` where it cannot be written.
    """
    holder = tf.Module()
    used = (variable for function in signatures.values() for variable in function.variables)
    holder.weights = list({variable.ref(): variable for variable in used}.values())
    verbosity = logging.get_verbosity()
    logging.set_verbosity(logging.WARNING)  # else it lists every variable that it renames
    try:
        with _tell_disk():
            tf.saved_model.save(holder, folder, signatures)
    finally:
        logging.set_verbosity(verbosity)


@contextlib.contextmanager
def _tell_disk():
    """Raises `OSError` for what TensorFlow says of a disk that refuses, such as a full one."""
    try:
        yield
    except tf.errors.OpError as error:
        raise OSError(error.message.split("; ")[-1].split(" [Op:")[0]) from error


def _answer(signatures, requests):
    """Returns the answers of the network in memory to requests."""
    answers = []
    for signature, inputs in requests:
        tensors = {name: tf.constant(value) for name, value in inputs.items()}
        outputs = signatures[signature](**tensors)
        answers.append({name: value.numpy() for name, value in outputs.items()})
    return answers


def _write_card(version, card):
    path = os.path.join(version, CARD)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(card, file, indent=2)
