"""Two worker processes train as one process with two replicas does."""

import json
import os
import socket
import subprocess
import sys

import numpy as np
import tensorflow as tf

FLAGS = {
    "dataset": "folder",
    "height": 32,
    "width": 16,
    "width_multiplier": 0.0625,
    "global_dim": 4,
    "local_dim": 6,
    "drop_height": 1,
    "drop_width": 1,
    "cutout_height": 5,
    "cutout_width": 4,
    "identities_per_batch": 2,
    "images_per_identity": 2,
    "epochs": 1,  # of 2 steps
    "warmup_epochs": 0,
    "decay_epochs": 3,
    "learning_rate": 1e-4,
    "log_steps": 1,
    "evaluate_epochs": 0,
}


def start(repository, folder, workdir, config=None, **flags):
    flags = {**FLAGS, "data_dir": folder, "workdir": workdir, **flags}
    environment = {**os.environ, **({"TF_CONFIG": json.dumps(config)} if config else {})}
    command = [sys.executable, "-m", "tfreid.train", *(f"--{k}={v}" for k, v in flags.items())]
    return subprocess.Popen(
        command, cwd=repository, env=environment, stderr=subprocess.PIPE, text=True
    )


def find_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def finish(processes):
    for process in processes:
        _, log = process.communicate(timeout=200)
        assert process.returncode == 0, log[-2000:]


def read_network(workdir):
    path = tf.train.latest_checkpoint(os.path.join(workdir, "checkpoints"))
    reader = tf.train.load_checkpoint(path)
    names = [n for n in reader.get_variable_to_shape_map() if n.startswith("network/")]
    return {name: reader.get_tensor(name) for name in names if "VARIABLE_VALUE" in name}


def test_two_workers_end_in_the_weights_of_two_replicas(market_folder, tmp_path, repository):
    """Adam moves a weight by 1e-4 a step, whose sign alone a rounding may turn: hence atol."""
    folder, one, two = market_folder(), str(tmp_path / "one"), str(tmp_path / "two")
    cluster = {"worker": [f"127.0.0.1:{port}" for port in find_ports(2)]}
    tasks = [{"cluster": cluster, "task": {"type": "worker", "index": i}} for i in (0, 1)]
    finish([start(repository, folder, two, task) for task in tasks])
    finish([start(repository, folder, one, devices="cpus:2")])
    left, right = read_network(one), read_network(two)
    assert left.keys() == right.keys() and len(left) > 100
    for name, value in left.items():
        np.testing.assert_allclose(value, right[name], rtol=1e-3, atol=5e-4, err_msg=name)
    assert len((tmp_path / "two" / "metrics.jsonl").read_text().splitlines()) == 1
