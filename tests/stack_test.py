"""Which Keras TensorFlow loads, whoever is imported first, and which versions a run writes down."""

import importlib.metadata
import os
import subprocess
import sys
import warnings

import pytest

from tfreid import stack

_FACTS = (
    "print(tf.keras.Model.__module__, hasattr(tf.keras.backend, 'learning_phase'), "
    "os.environ['TF_USE_LEGACY_KERAS'])"
)
_LOGS = """
import os
import tempfile
import tfreid.stack
import tensorflow as tf
from absl import logging
logging.set_verbosity(logging.INFO)
tfreid.stack.quiet_tensorflow()
tf.get_logger().warning("theirs")
tf.train.Checkpoint(x=tf.Variable(1)).write(tempfile.mkdtemp() + "/x")
logging.info("ours")
print(tfreid.stack.load_keras_cv().__name__)
"""
HAS_KERAS_3 = "tf-keras" in stack.list_versions()


def _run(repository, code, cwd=None, **environment):
    command = [sys.executable, "-c", code]
    environment = {**os.environ, "PYTHONPATH": str(repository), **environment}
    return subprocess.run(
        command, cwd=cwd or repository, env=environment, capture_output=True, text=True
    )


def _check_facts(line):
    keras, is_keras_2, variable = line.split()
    assert keras.startswith(("tf_keras.", "keras."))
    assert (is_keras_2, variable) == ("True", "1")


def test_keras_2_is_loaded_where_tensorflow_is_imported_first(repository, monkeypatch):
    monkeypatch.setenv("TF_USE_LEGACY_KERAS", "0")
    _check_facts(_run(repository, f"import os, tensorflow as tf, tfreid; {_FACTS}").stdout)


@pytest.mark.skipif(not HAS_KERAS_3, reason="this TensorFlow has no Keras 3")
def test_keras_3_in_use_is_refused_with_what_to_do(repository, monkeypatch):
    monkeypatch.delenv("TF_USE_LEGACY_KERAS")
    done = _run(repository, "import tensorflow as tf; tf.keras.layers.Dense(1); import tfreid")
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ImportError:") and "TF_USE_LEGACY_KERAS=1" in last


def test_keras_2_is_loaded_and_of_tensorflows_log_only_errors_are_told(
    repository, tmp_path, monkeypatch
):
    """A checkpoint is what TensorFlow 2.21 reports by absl's logger; ours is told all the same.

    A backbone's library says nothing either, and needs no home: nor does Keras, which would write
    its settings below the current folder.
    """
    monkeypatch.delenv("KERAS_HOME", raising=False)
    # Of a user whom the machine does not know.
    without_home = {"TF_USE_LEGACY_KERAS": "0", "HOME": "~"}
    done = _run(repository, _LOGS + _FACTS, tmp_path, **without_home)
    assert not os.listdir(tmp_path)
    library, facts = done.stdout.splitlines()
    assert library == "keras_cv"
    _check_facts(facts)
    assert "ours" in done.stderr
    assert "theirs" not in done.stderr and "Sharding" not in done.stderr, done.stderr


@pytest.mark.parametrize("attribute", ["layer.updates", "Model.state_updates"])
def test_attributes_that_keras_cv_asks_for_are_not_told(attribute):
    with warnings.catch_warnings():
        stack.quiet_tensorflow()
        warnings.warn(f"`{attribute}` will be removed in a future version.", stacklevel=1)
        with pytest.raises(UserWarning):
            warnings.warn("something else will be removed in a future version.", stacklevel=1)


def test_versions_are_those_of_what_is_installed():
    versions = stack.list_versions()
    assert {"tensorflow", "keras-cv", "tf-slim", "numpy", "absl-py"} < set(versions)
    assert ("tf-keras" in versions) != ("tensorflow-addons" in versions)
    assert versions == {name: importlib.metadata.version(name) for name in versions}


def test_a_twin_is_taken_only_where_the_package_is_missing(monkeypatch):
    twin = object()
    monkeypatch.setitem(sys.modules, "tensorflow_addons.image", None)  # as if not installed
    assert stack.choose_rotate(twin) is twin
