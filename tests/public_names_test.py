"""The public names: all that `__all__` and the documents promise is there."""

import importlib
import re
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

import tfreid
from tests import fresh
from tests.source_tree import ROOT

DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
PACKAGES = ("data", "evaluation", "index", "layers", "losses", "models", "systems")
NAME = re.compile(r"\btfreid(?:\.[A-Za-z_]\w*)+")


def resolve(name):
    """Returns what a dotted name stands for: a module, or an attribute of one."""
    parts = name.split(".")
    found = importlib.import_module(parts[0])
    for number, part in enumerate(parts[1:], start=2):
        if not hasattr(found, part):
            importlib.import_module(".".join(parts[:number]))
        found = getattr(found, part)
    return found


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_name_in_a_document_is_there(path):
    for name in sorted(set(NAME.findall(path.read_text(encoding="utf-8")))):
        assert resolve(name) is not None, name


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_there_and_has_a_docstring(package):
    module = getattr(tfreid, package)
    assert module.__all__
    for name in module.__all__:
        assert getattr(module, name).__doc__, f"tfreid.{package}.{name}"


@pytest.mark.parametrize("package", PACKAGES)
def test_the_reference_has_every_package(package):
    text = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    assert f".. automodule:: tfreid.{package}\n" in text


def test_every_layer_that_keras_can_load_is_public():
    for name in tfreid.layers.__all__:
        thing = getattr(tfreid.layers, name)
        if issubclass(thing, tf.keras.layers.Layer):
            assert tf.keras.utils.get_registered_name(thing) == f"tfreid>{name}"


def test_what_there_is_not_is_an_attribute_error():
    for module in (tfreid, tfreid.data, tfreid.index, tfreid.models):
        assert not hasattr(module, "no_such_thing")


def test_importing_tfreid_loads_next_to_nothing():
    command = [sys.executable, "-c", "import sys, tfreid; dir(tfreid); print(*sys.modules)"]
    loaded = subprocess.check_output(command, cwd=ROOT, text=True).split()
    assert not {"numpy", "tensorflow", "absl"} & {name.split(".")[0] for name in loaded}


def test_a_saved_model_is_loaded_by_a_process_that_imports_the_layers(tmp_path):
    """Wider than high, so that no side can be taken for the other."""
    model = tf.keras.Sequential(
        [
            tf.keras.Input((6, 4, 8)),
            tfreid.layers.SecondOrderNonLocalAttention(identity_start=False),
            tfreid.layers.DropBlockPlus(0.3, 2, 1),
        ]
    )
    x = np.random.default_rng(0).normal(size=(2, 6, 4, 8)).astype(np.float32)
    path = tmp_path / "model.keras"
    model.save(path)
    code = """if True:
        import sys, tfreid.layers
        import numpy as np, tensorflow as tf
        model = tf.keras.models.load_model(sys.argv[1])
        x = np.random.default_rng(0).normal(size=(2, 6, 4, 8)).astype(np.float32)
        np.save(sys.argv[2], model(x).numpy())
    """
    fresh.run(["-c", code, path, tmp_path / "answer.npy"], ROOT)
    np.testing.assert_allclose(np.load(tmp_path / "answer.npy"), model(x), rtol=1e-5, atol=1e-6)
