"""Workdirs of tiny networks, as a training would leave them, without the training."""

import functools
import os

import numpy as np
import tensorflow as tf

import tfreid
from tests import tiny_backbone  # noqa: F401 (lists its backbone)
from tfreid.options import TrainOptions
from tfreid.runs import loading
from tfreid.runs.checkpoints import Checkpoints
from tfreid.runs.provenance import Origin
from tfreid.runs.workdir import open_workdir

HEIGHT, WIDTH = 32, 16
STEPS = 7
FLAGS = {
    "sona_net": {
        "backbone": "tiny",
        "global_dim": 6,
        "local_dim": 10,
        "drop_height": 1,
        "drop_width": 1,
        "cutout_height": 8,
        "cutout_width": 8,
    },
    "kvm_mn": {
        "final_endpoint": "Mixed_3b",
        "feature_dim": 8,
        "num_heads": 2,
        "key_dim": 4,
        "value_dim": 6,
        "attention_dim": 8,
        "comparison_dim": 8,
        "score_dim": 8,
    },
}
# The papers' backbone, where it matters: a graph of it takes ten times as long to make.
RESNET = {"backbone": "resnet50", "width_multiplier": 0.0625}


@functools.cache
def load(place):
    """Returns `tfreid.load` of a run or an export, whose graphs all tests of a process share."""
    return tfreid.load(place)


@functools.cache
def load_network(workdir):
    """Returns (network, options, origin) of a run, which nobody may change."""
    return loading.load_network(workdir)


def write_run(workdir, system, steps=STEPS, seed=0, **flags):
    """Writes a run whose network has random weights and says that it was trained.

    Args:
      workdir: folder of the run; made.
      system: "sona_net" or "kvm_mn".
      steps: for how many steps it claims to be trained.
      seed: of the weights.
      **flags: of the training.

    Returns:
      The workdir.
    """
    flags = {
        "model": system,
        "dataset": "folder",
        "height": HEIGHT,
        "width": WIDTH,
        **FLAGS[system],
        **flags,
    }
    options = TrainOptions.parse(["test", *(f"--{name}={value}" for name, value in flags.items())])
    before = tf.keras.mixed_precision.global_policy()
    tf.keras.mixed_precision.set_global_policy(options.run.precision)
    network = options.system.make_network(options)
    tf.keras.mixed_precision.set_global_policy(before)
    _randomize(network, seed)
    place = open_workdir(os.fspath(workdir), options)
    origin = Origin(weights={"origin": "random"}, dataset=options.data.dataset)
    Checkpoints(place.checkpoints, {"network": network}, origin).save(steps)
    place.write_options(options)
    return os.fspath(workdir)


def _randomize(network, seed):
    """Draws weights under which no layer is the identity and batch norm does something."""
    numbers = np.random.default_rng(seed)
    for variable in network.variables:
        kind = variable.name.rpartition("/")[2]
        if "variance" in kind or "gamma" in kind:
            value = numbers.uniform(0.5, 1.5, variable.shape)
        else:
            fan_in = np.prod(variable.shape[:-1]) if variable.shape.rank > 1 else 100
            value = numbers.normal(0, np.sqrt(2 / fan_in), variable.shape)
        variable.assign(value.astype(variable.dtype.as_numpy_dtype))
