"""Trainings of tiny networks by the door, and what they leave."""

import os
import time

import numpy as np
import tensorflow as tf

from tests import (
    fresh,
    tiny_backbone,  # noqa: F401 (lists its backbone)
)

FLAGS = {
    "height": 32,
    "width": 16,
    "log_steps": 1,
    "checkpoint_steps": 1,
    "keep_checkpoints": 9,
}
IDENTITIES = {
    "cutout_height": 5,
    "cutout_width": 4,
    "identities_per_batch": 2,
    "images_per_identity": 2,
    "epochs": 4,  # of 2 steps
    "warmup_epochs": 0,
    "decay_epochs": 3,
    "evaluate_epochs": 0,
}
SYSTEMS = {
    "small": {"import": "tests.small_system", **IDENTITIES},
    "sona_net": {
        "backbone": "tiny",
        "global_dim": 4,
        "local_dim": 6,
        "drop_height": 1,
        "drop_width": 1,
        **IDENTITIES,
    },
    "baseline": {
        "backbone": "tiny",
        "identities_per_batch": 2,
        "images_per_identity": 2,
        "epochs": 2,  # of 2 steps
        "warmup_epochs": 1,
        "decay_epochs": 2,
    },
    "kvm_mn": {
        "final_endpoint": "Mixed_3b",
        "feature_dim": 8,
        "num_heads": 2,
        "key_dim": 4,
        "value_dim": 4,
        "set_size": 3,
        "sets_per_step": 2,
        "num_neighbors": 6,
        "num_sets": 10,
        "steps": 6,
        "learning_rate": 0.001,
        "evaluate_steps": 0,
    },
}


def make_argv(system, folder, workdir, **flags):
    """Returns the command line of a training on a folder with few people, as `main` takes it."""
    places = {"dataset": "folder", "data_dir": folder, "workdir": workdir}
    flags = {"model": system, **FLAGS, **SYSTEMS[system], **places, **flags}
    return ["tfreid.train", *(f"--{name}={value}" for name, value in flags.items())]


def signal_after_step(process, workdir, step, number):
    """Signals a training as soon as a step's checkpoint is there; does not wait for its end."""
    path = os.path.join(workdir, "checkpoints", f"step-{step}.index")
    while process.poll() is None and not os.path.exists(path):
        time.sleep(0.01)
    process.send_signal(number)


def stop_after_step(repository, argv, workdir, step, number):
    """Starts a training and signals it after a step's checkpoint; returns its exit code."""
    process = fresh.start(argv, repository)
    signal_after_step(process, workdir, step, number)
    process.communicate()
    return process.returncode


def read_weights(workdir, checkpoint=None):
    """Returns all that a checkpoint holds, by default the latest, but for its own bookkeeping."""
    folder = os.path.join(workdir, "checkpoints")
    path = os.path.join(folder, checkpoint) if checkpoint else tf.train.latest_checkpoint(folder)
    reader = tf.train.load_checkpoint(path)
    names = [name for name in reader.get_variable_to_shape_map() if "save_counter" not in name]
    return {name: reader.get_tensor(name) for name in names if not name.startswith("_CHECKPOINT")}


def assert_same_weights(left, right, checkpoint=None):
    """Compares the latest checkpoints of two workdirs, or one that both have, to the bit."""
    left, right = read_weights(left, checkpoint), read_weights(right, checkpoint)
    assert left.keys() == right.keys() and len(left) > 30
    for name, value in left.items():
        assert np.array_equal(value, right[name]), name
