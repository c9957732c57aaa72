"""Two worker processes train as one process with two replicas does, also when one is lost."""

import json
import os
import re
import signal

import numpy as np
import pytest
import tensorflow as tf

from tests import fresh
from tests.eager import run_functions_eagerly
from tests.free_ports import find_ports
from tests.tiny_trainings import make_argv, read_weights, signal_after_step
from tfreid import train

OWN_LINE = re.compile("[0-9]{2}:[0-9]{2}:[0-9]{2} ")
LEARNING = {"epochs": 6, "learning_rate": 3e-5, "keep_checkpoints": 20}
SHORT = {**LEARNING, "epochs": 3}  # six steps: nobody disturbs these


def start(repository, folder, workdir, config=None, **flags):
    """Starts a training of twelve steps, as one of the workers of a TF_CONFIG or alone."""
    flags = {**LEARNING, **flags}
    environment = {"TF_CONFIG": json.dumps(config)} if config else {}
    argv = make_argv("small", folder, workdir, **flags)
    return fresh.start(argv, repository, **environment)


def finish(processes):
    for process in processes:
        _, log = process.communicate()
        assert process.returncode == 0, log[-2000:]


def read_network(workdir, checkpoint=None):
    found = read_weights(workdir, checkpoint)
    names = {name: x for name, x in found.items() if name.startswith("network/")}
    return {name: x for name, x in names.items() if "VARIABLE_VALUE" in name}


def list_tasks():
    """Returns TF_CONFIG of both workers, on ports of their own."""
    cluster = {"worker": [f"127.0.0.1:{port}" for port in find_ports(2)]}
    return [{"cluster": cluster, "task": {"type": "worker", "index": i}} for i in (0, 1)]


def start_two(repository, folders, workdir, **flags):
    """Starts both workers, each with a data folder of its own."""
    return [
        start(repository, folder, workdir, task, **flags)
        for folder, task in zip(folders, list_tasks())
    ]


def signal_one(processes, workdir, step, index, number):
    """Signals a worker when a step's checkpoint is there; returns [(exit code, log)] of both."""
    signal_after_step(processes[index], workdir, step, number)
    logs = [process.communicate()[1] for process in processes]
    return [(process.returncode, log) for process, log in zip(processes, logs)]


@pytest.mark.usefixtures("small_system")
def test_two_workers_train_as_two_replicas_and_go_on_after_one_was_killed_or_stopped(
    market_folder, tmp_path, repository
):
    """Adam moves a weight by 3e-5 a step, whose sign alone a rounding may turn: hence atol.

    A checkpoint has the mean of the workers' batch-norm averages: after it they go on from there,
    not each from its own, which comes to the same but for rounding.
    """
    folders = [market_folder()] * 2
    train_only = [market_folder(name="train_only", train_only=True)] * 2
    one, two, hurt = (str(tmp_path / name) for name in ("one", "two", "hurt"))
    finish(start_two(repository, folders, two, **SHORT))
    alone = make_argv("small", train_only[0], one, devices="cpus:2", checkpoint_steps=6, **SHORT)
    with run_functions_eagerly():
        assert train.main(alone) == 0
    left, right = read_network(one), read_network(two)
    assert left.keys() == right.keys() and len(left) > 20
    for name, value in left.items():
        np.testing.assert_allclose(value, right[name], rtol=1e-3, atol=5e-4, err_msg=name)
    assert len((tmp_path / "two" / "metrics.jsonl").read_text().splitlines()) == 1

    processes = start_two(repository, train_only, hurt)
    (code, log), (killed, _) = signal_one(processes, hurt, 1, 1, signal.SIGKILL)
    assert killed == -signal.SIGKILL and code == 1
    assert "error: another worker was lost; give the same command again on all workers" in log
    assert "Traceback" not in log.split("error: another worker was lost")[0]
    told = [line for line in log.splitlines() if not OWN_LINE.match(line)]
    assert len(told) == 1, log  # nothing of TensorFlow's
    processes = start_two(repository, train_only, hurt)
    codes = [code for code, _ in signal_one(processes, hurt, 2, 1, signal.SIGTERM)]
    assert codes == [128 + signal.SIGTERM] * 2
    stopped = int(tf.train.latest_checkpoint(f"{hurt}/checkpoints").rpartition("-")[2])
    assert stopped > 1
    compared = f"step-{min(stopped, 6)}"  # the undisturbed have no more
    right = read_network(two, compared)
    for name, value in read_network(hurt, compared).items():
        rounding = 1e-5 if "moving_" in name else 0
        np.testing.assert_allclose(value, right[name], rtol=rounding, atol=0, err_msg=name)


def test_workers_with_other_data_or_flags_are_told_before_training(
    market_folder, tmp_path, repository
):
    workdir = str(tmp_path / "w")
    folders = [market_folder(), market_folder(ids=5, name="other")]
    for process in start_two(repository, folders, workdir):
        _, log = process.communicate()
        assert process.returncode == 1
        assert "error: another worker has other data than this one; copy the same" in log
    assert not os.path.exists(os.path.join(workdir, "flags.cfg"))
