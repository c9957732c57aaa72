"""Weights of OSNets that both libraries can draw, and files of them as torchreid writes them."""

import numpy as np

from tests.torch_files import write_state_dict
from tfreid.models.torch_weights import list_targets

SEED = 25


def draw_state_dict(network):
    """Returns {torchreid's name: float32 array} of a built `Osnet`, drawn in the names' order."""
    numbers = np.random.default_rng(SEED)
    shapes = {
        name: target.torch_shape
        for prefix, layer in network.torch_names()
        for name, target in list_targets(prefix, layer)
    }
    return {name: _draw(name, shapes[name], numbers) for name in sorted(shapes)}


def write_drawn(path, network):
    """Writes drawn weights as a state dict, with the classifier that our networks do not have."""
    classifier = {"classifier.weight": np.zeros([5, 512], np.float32)}
    return write_state_dict(path, {**draw_state_dict(network), **classifier})


def _draw(name, shape, numbers):
    if name.endswith(("running_mean", "bias")):
        values = numbers.normal(0, 0.1, shape)
    elif len(shape) == 1:
        values = numbers.uniform(0.5, 1.5, shape)
    else:
        values = numbers.normal(0, np.sqrt(0.5 / np.prod(shape[1:])), shape)
    return values.astype(np.float32)
