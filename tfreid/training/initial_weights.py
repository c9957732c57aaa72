"""What a training starts from: a name, a file, a run, or an export."""

import os

from tfreid.errors import InputError, suggest
from tfreid.options import IMAGENET
from tfreid.runs.checkpoint_files import find_checkpoint
from tfreid.runs.checkpoints import list_shapes, restore_network
from tfreid.runs.loading import load_file, load_named_weights
from tfreid.runs.network_files import (
    ENDING,
    check_network_fit,
    load_network_file,
    name_variables,
)
from tfreid.runs.provenance import NETWORK, Origin
from tfreid.runs.workdir import Workdir
from tfreid.serving.model_card import check_files, read_card
from tfreid.serving.versions import WEIGHTS_TO_LEARN_FROM, find_latest_version
from tfreid.weights.catalogue import WEIGHTS, is_name

_VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"  # ends a variable's name in a checkpoint


def load_initial_weights(options, network):
    """Loads what `--initial_weights` names into a network; returns facts for the provenance.

    Args:
      options: `TrainOptions`.
      network: built network of their system.

    Raises:
      InputError: for something that is not there, or does not fit.
    """
    source, system = options.run.initial_weights, options.system
    if not source:
        return {"origin": "random"}
    named = system.name_imagenet_weights(options) if source == IMAGENET else ""
    if named or is_name(source):
        return load_named_weights(system, network, named or source)
    if os.path.isdir(source):
        return _load_folder(system, network, source)
    if source != IMAGENET and not os.path.exists(source):
        _check_name(source)
    return load_file(system, network, source)


def _load_folder(system, network, folder):
    if os.path.isfile(Workdir(folder).flags):
        return _load_run(system, network, folder)
    version = find_latest_version(folder)
    path = os.path.join(version, WEIGHTS_TO_LEARN_FROM)
    if not os.path.isfile(path):
        raise InputError(
            f"{folder}: this export holds nothing to learn from, it was made before exports did; "
            "export its run again, or give the run's workdir."
        )
    sums = read_card(version).get("files", {})
    if WEIGHTS_TO_LEARN_FROM in sums:
        check_files(version, {WEIGHTS_TO_LEARN_FROM: sums[WEIGHTS_TO_LEARN_FROM]})
    facts = load_network_file(network, path)
    return {**facts, "file": os.path.basename(folder), "format": "export", "part": NETWORK}


def _load_run(system, network, folder):
    """Loads the latest checkpoint of a run; its classifiers and its optimizer stay behind."""
    workdir = Workdir(folder)
    other = workdir.read_options().system.name
    if other != system.name:
        raise InputError(
            f"{folder}: is a run of model={other}, not of {system.name}; give one of the same."
        )
    path, origin = find_checkpoint(workdir.checkpoints), Origin()
    if path is not None:
        found = {_strip(name): shape for name, shape in list_shapes(path).items()}
        check_network_fit(name_variables(network), found, folder)
    restore_network(network, origin, workdir.checkpoints)
    name = os.path.basename(os.path.normpath(folder))
    return {"file": name, "format": "run", "part": NETWORK, **origin.list_facts()}


def _strip(name):
    """Returns the path that `name_variables` gives a variable of a checkpoint's network."""
    return name.removeprefix("network/").removesuffix(_VALUE)


def _check_name(source):
    """Raises `InputError` where something that is no file looks like a name that there is."""
    name = os.path.basename(source)
    near = suggest(name, [*WEIGHTS, IMAGENET], 3, end="")
    if near and not name.endswith((ENDING, ".pth", ".pt", ".ckpt", ".h5")):
        raise InputError(f"initial_weights={name}: neither a file nor the name of weights; {near}")
