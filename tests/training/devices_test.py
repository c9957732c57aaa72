"""Which strategy `--devices` and TF_CONFIG make."""

import json

import pytest
import tensorflow as tf

from tests.free_ports import find_ports
from tfreid.errors import InputError
from tfreid.training import devices


@pytest.fixture
def gpus(monkeypatch):
    """Makes TensorFlow seem to have GPUs; returns what is made visible of them."""
    visible = []

    def have(count):
        found = [f"GPU:{index}" for index in range(count)]
        monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: found)
        monkeypatch.setattr(
            tf.config, "set_visible_devices", lambda some, kind: visible.append((some, kind))
        )
        return visible

    return have


@pytest.fixture
def join(monkeypatch):
    """Makes this process one of two workers; they do not wait for each other."""
    cluster = {"worker": [f"127.0.0.1:{port}" for port in find_ports(2)]}
    task = {"type": "worker", "index": 1}
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": task}))
    monkeypatch.setattr(tf.distribute, "MultiWorkerMirroredStrategy", lambda: "together")


def test_one_device_is_the_default_strategy():
    assert devices.make_strategy("one") is tf.distribute.get_strategy()
    assert devices.is_chief() and not devices.is_multi_worker()


def test_logical_cpus_mirror(make_replicas):
    assert make_replicas(2).num_replicas_in_sync == 2


def test_gpus_that_are_not_there_are_told():
    with pytest.raises(InputError, match="devices=gpus: TensorFlow sees no GPU; give one or"):
        devices.make_strategy("gpus")


def test_a_worker_of_one_device_sees_its_first_gpu_only(join, gpus):
    visible = gpus(4)
    assert devices.make_strategy("one") == "together"
    assert visible == [(["GPU:0"], "GPU")]
    assert devices.is_multi_worker() and not devices.is_chief()


def test_a_worker_of_gpus_sees_them_all(join, gpus):
    visible = gpus(4)
    assert devices.make_strategy("gpus") == "together"
    assert visible == []


def test_a_worker_without_the_gpus_that_it_shall_use_is_told(join, gpus):
    gpus(0)
    with pytest.raises(InputError, match="devices=gpus: TensorFlow sees no GPU; give one"):
        devices.make_strategy("gpus")
    assert devices.make_strategy("one") == "together"


def test_workers_are_no_logical_cpus(join):
    with pytest.raises(InputError, match="devices=cpus:2: with several workers in TF_CONFIG"):
        devices.make_strategy("cpus:2")


@pytest.mark.parametrize("text", ["Collective ops is aborted by", "/job:worker/task:1 is gone"])
def test_an_error_of_what_workers_do_together_means_that_one_was_lost(join, text):
    error = tf.errors.UnavailableError(None, None, text)
    assert "another worker was lost" in str(devices.explain_lost_worker(error))


def test_other_errors_are_not_a_lost_worker(join, monkeypatch):
    error = tf.errors.InvalidArgumentError(None, None, "Invalid JPEG data")
    assert devices.explain_lost_worker(error) is None
    monkeypatch.delenv("TF_CONFIG")
    error = tf.errors.UnavailableError(None, None, "Collective")
    assert devices.explain_lost_worker(error) is None
