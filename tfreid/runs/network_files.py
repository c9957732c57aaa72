"""A whole network in one file: safetensors by our own names, with where its weights are from."""

import collections
import json
import warnings

import numpy as np
import safetensors
import safetensors.numpy
import tensorflow as tf

from tfreid.errors import InputError, shorten
from tfreid.files import compute_sha256, write_aside
from tfreid.models.weight_files import check_fit

ENDING = ".safetensors"
_KEY = "tfreid"  # of the metadata: by it our files are told from others'
_LARGEST = float(np.finfo(np.float16).max)


def name_variables(network):
    """Returns {path: variable} of a built network.

    A path is the shortest way of attributes from the network to the variable, as in a checkpoint:
    "backbone/stem/conv1/kernel".
    """
    view, named = tf.train.TrackableView(network), {}
    left = {id(variable) for variable in network.variables}
    waiting, seen = collections.deque([("", network)]), {}  # kept, lest a new one have an old id
    while waiting and left:
        path, thing = waiting.popleft()
        if id(thing) in seen:
            continue
        seen[id(thing)] = thing
        if id(thing) in left:
            left.remove(id(thing))
            named[path] = thing
        with warnings.catch_warnings():  # keras-cv looks at attributes that Keras calls old
            warnings.simplefilter("ignore")
            children = view.children(thing)
        waiting.extend((f"{path}/{name}".lstrip("/"), child) for name, child in children.items())
    if left:
        raise ValueError(f"{len(left)} variables of {network.name} hang on no attribute of it.")
    return named


def write_network(path, network, facts):
    """Writes a network's weights as a safetensors file, in half precision where it is enough.

    Args:
      path: of the file.
      network: built network.
      facts: JSON-able dict that says where the weights are from; kept in the file.

    Raises:
      InputError: where it cannot be written.
    """
    # A counter's `.numpy()` is a scalar, which has no address to be written from.
    arrays = {
        name: _narrow(np.asarray(variable.numpy()))
        for name, variable in name_variables(network).items()
    }
    metadata = {_KEY: json.dumps(facts)}

    def write(aside):
        try:
            safetensors.numpy.save_file(arrays, aside, metadata)
        except safetensors.SafetensorError as error:  # of a full disk, too
            raise OSError(shorten(error)) from error

    write_aside(path, write)


def read_facts(path):
    """Returns the facts of a file of `write_network`; None for any other file."""
    if not path.endswith(ENDING):
        return None
    try:
        with safetensors.safe_open(path, "np") as file:
            text = (file.metadata() or {}).get(_KEY)
        facts = json.loads(text) if text else None
    except (safetensors.SafetensorError, OSError, ValueError, RecursionError):
        return None  # whoever reads it next says what is wrong with it
    return facts if isinstance(facts, dict) else None


def load_network_file(network, path):
    """Sets every variable of a network from a file of `write_network`; returns its facts.

    Raises:
      InputError: for a damaged file, or one of another network; nothing is changed then.
    """
    try:
        arrays = safetensors.numpy.load_file(path)
    except (safetensors.SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: cannot be read, it may be damaged ({error}).") from error
    assign(network, arrays, path)
    return {**(read_facts(path) or {}), "sha256": compute_sha256(path)}


def assign(network, arrays, source):
    """Sets every variable of a network from {path: array}; what else is among them is left out.

    Raises:
      InputError: where some are missing or of another shape; it names the first.
    """
    variables = name_variables(network)
    check_network_fit(variables, {name: array.shape for name, array in arrays.items()}, source)
    for name, variable in variables.items():
        # Only after all were checked: a network is set as a whole or not at all.
        variable.assign(arrays[name].astype(variable.dtype.as_numpy_dtype))


def check_network_fit(variables, shapes, source):
    """Raises `InputError` unless every variable has a shape of its own among {path: shape}."""
    wanted = {name: variable.shape for name, variable in variables.items()}
    cure = "give the flags of the network that it was trained as, or leave the weights out"
    check_fit(source, "this network", wanted, shapes, cure)


def _narrow(array):
    """Returns an array in float16, but for numbers beyond its range."""
    fits = array.dtype == np.float32 and np.abs(array).max(initial=0) < _LARGEST
    return array.astype(np.float16) if fits else array
