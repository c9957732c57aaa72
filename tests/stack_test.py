"""Which Keras TensorFlow loads, whoever is imported first, and which versions a run writes down."""

import importlib.metadata
import subprocess
import sys

import pytest

from tfreid import stack

_LOGS = """
import tempfile
import tfreid.stack
import tensorflow as tf
from absl import logging
logging.set_verbosity(logging.INFO)
tfreid.stack.quiet_tensorflow()
tf.get_logger().warning("theirs")
tf.train.Checkpoint(x=tf.Variable(1)).write(tempfile.mkdtemp() + "/x")
logging.info("ours")
"""
HAS_KERAS_3 = "tf-keras" in stack.list_versions()


def _run(repository, code):
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=repository, capture_output=True, text=True)


@pytest.mark.parametrize("first, second", [("tfreid", "tensorflow"), ("tensorflow", "tfreid")])
def test_keras_2_is_loaded_whichever_is_imported_first(repository, monkeypatch, first, second):
    monkeypatch.setenv("TF_USE_LEGACY_KERAS", "0")
    done = _run(
        repository,
        f"import {first}, {second}, os; print(tensorflow.keras.Model.__module__, "
        "hasattr(tensorflow.keras.backend, 'learning_phase'), os.environ['TF_USE_LEGACY_KERAS'])",
    )
    keras, is_keras_2, variable = done.stdout.split()
    assert keras.startswith(("tf_keras.", "keras."))
    assert (is_keras_2, variable) == ("True", "1")


@pytest.mark.skipif(not HAS_KERAS_3, reason="this TensorFlow has no Keras 3")
def test_keras_3_in_use_is_refused_with_what_to_do(repository, monkeypatch):
    monkeypatch.delenv("TF_USE_LEGACY_KERAS")
    done = _run(repository, "import tensorflow as tf; tf.keras.layers.Dense(1); import tfreid")
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ImportError:") and "TF_USE_LEGACY_KERAS=1" in last


def test_of_tensorflows_log_only_errors_are_told(repository):
    """A checkpoint is what TensorFlow 2.21 reports by absl's logger; ours is told all the same."""
    done = _run(repository, _LOGS)
    assert "ours" in done.stderr
    assert "theirs" not in done.stderr and "Sharding" not in done.stderr, done.stderr


def test_versions_are_those_of_what_is_installed():
    versions = stack.list_versions()
    assert {"tensorflow", "keras-cv", "tf-slim", "numpy", "absl-py"} < set(versions)
    assert ("tf-keras" in versions) != ("tensorflow-addons" in versions)
    assert versions == {name: importlib.metadata.version(name) for name in versions}


def test_a_twin_is_taken_only_where_the_package_is_missing(monkeypatch):
    twin = object()
    monkeypatch.setitem(sys.modules, "tensorflow_addons.image", None)  # as if not installed
    assert stack.choose_rotate(twin) is twin
