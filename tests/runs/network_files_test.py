"""A network in one file: what comes back, and what does not fit."""

import resource

import numpy as np
import pytest
import safetensors.numpy
import tensorflow as tf

from tfreid.errors import InputError
from tfreid.runs.network_files import (
    load_network_file,
    name_variables,
    read_facts,
    write_network,
)

FACTS = {"trained_on": "data", "before": {"name": "other"}}


class Network(tf.keras.Model):
    """Two layers in a list, one of them named twice."""

    def __init__(self, channels=3):
        super().__init__()
        self.parts = [tf.keras.layers.Dense(channels), tf.keras.layers.BatchNormalization()]
        self.last = self.parts[1]

    def call(self, x):
        return self.last(self.parts[0](x))


def make(channels=3, seed=0):
    network = Network(channels)
    network(tf.zeros([1, 2]))
    numbers = np.random.default_rng(seed)
    network.set_weights([numbers.normal(size=w.shape) for w in network.get_weights()])
    return network


def test_every_variable_has_one_name_by_the_attributes_that_lead_to_it():
    network = make()
    named = name_variables(network)
    assert {id(variable) for variable in named.values()} == set(map(id, network.variables))
    assert len(named) == len(network.variables) == 6
    assert named["parts/0/kernel"] is network.parts[0].kernel
    assert named["last/gamma"] is network.last.gamma


def test_what_is_written_comes_back_in_half_precision(tmp_path):
    path, network = str(tmp_path / "n.safetensors"), make()
    network.last.moving_variance.assign([1.0, 2.0, 1e6])  # beyond float16
    write_network(path, network, FACTS)
    assert read_facts(path) == FACTS
    other = make(seed=1)
    assert load_network_file(other, path).items() > FACTS.items()
    for one, two in zip(network.get_weights(), other.get_weights()):
        np.testing.assert_allclose(two, one, rtol=1e-3, atol=1e-7)
    assert float(other.last.moving_variance[2]) == 1e6


def test_a_disk_that_takes_no_more_is_one_line_and_leaves_nothing(tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, before[1]))
    try:
        with pytest.raises(InputError, match="w.safetensors: cannot be written") as error:
            write_network(str(tmp_path / "w.safetensors"), make(), FACTS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "\n" not in str(error.value) and not list(tmp_path.iterdir())


def test_a_single_number_is_handed_over_as_an_array_as_all_versions_of_the_library_need(
    tmp_path, monkeypatch
):
    path, network, given = str(tmp_path / "n.safetensors"), make(), {}
    network.count = tf.Variable(2**40, dtype=tf.int64)
    save = safetensors.numpy.save_file
    monkeypatch.setattr(
        safetensors.numpy, "save_file", lambda a, *rest: given.update(a) or save(a, *rest)
    )
    write_network(path, network, FACTS)
    assert {type(array) for array in given.values()} == {np.ndarray}
    assert int(safetensors.numpy.load_file(path)["count"]) == 2**40


def test_another_networks_file_is_refused_by_its_first_tensors_and_nothing_is_changed(tmp_path):
    path, network = str(tmp_path / "n.safetensors"), make()
    write_network(path, make(channels=4), FACTS)
    before = network.get_weights()
    with pytest.raises(InputError) as caught:
        load_network_file(network, path)
    assert "parts/0/kernel (2, 4) instead of (2, 3)" in str(caught.value)
    assert "\n" not in str(caught.value)
    for one, two in zip(before, network.get_weights()):
        np.testing.assert_array_equal(one, two)


def test_others_files_have_no_facts(tmp_path):
    path = str(tmp_path / "other.safetensors")
    safetensors.numpy.save_file({"a": np.zeros(3)}, path)
    assert read_facts(path) is None
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(b"x" * 20)
    assert read_facts(str(damaged)) is None and read_facts("m.pth") is None
