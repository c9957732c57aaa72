"""ONNX, TFLite: another runtime says what the network says."""

import importlib.util

import numpy as np
import pytest
import tensorflow as tf

from tfreid.errors import InputError
from tfreid.serving.embedding_files import export_onnx, export_tflite
from tfreid.serving.loaded import load
from tfreid.serving.versions import hold_export

HAS_ONNX = all(map(importlib.util.find_spec, ("tf2onnx", "onnxruntime")))
needs_onnx = pytest.mark.skipif(not HAS_ONNX, reason="the extra tfreid[onnx] is not installed")


@needs_onnx
def test_onnxruntime_embeds_as_the_library_does(runs, tmp_path):
    import onnxruntime

    model = load(runs["sona_net"])
    export = export_onnx(runs["sona_net"], str(tmp_path))
    session = onnxruntime.InferenceSession(export.version)
    shape = (3, model.card["height"], model.card["width"], 3)
    pixels = np.random.default_rng(3).integers(0, 256, shape, np.uint8)
    (found,) = session.run(["embedding"], {"pixels": pixels})
    expected = model.embed(list(pixels))
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())
    facts = session.get_modelmeta().custom_metadata_map
    assert facts["fingerprint"] == f'"{model.fingerprint}"'
    assert [path.name for path in tmp_path.iterdir()] == ["sona_net.onnx"]


@pytest.mark.filterwarnings("ignore:\\s*Warning. tf.lite.Interpreter is deprecated")  # its own
def test_tflite_embeds_as_the_library_does_any_number_of_images(runs, tmp_path):
    model = load(runs["sona_net"])
    export = export_tflite(runs["sona_net"], str(tmp_path))
    runner = tf.lite.Interpreter(model_path=export.version).get_signature_runner()
    for count in (1, 3):
        shape = (count, model.card["height"], model.card["width"], 3)
        pixels = np.random.default_rng(3).integers(0, 256, shape, np.uint8)
        expected = model.embed(list(pixels))
        found = runner(pixels=pixels)["embedding"]
        np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())
    assert [path.name for path in tmp_path.iterdir()] == ["sona_net.tflite"]


def test_a_system_without_embeddings_is_refused(runs, tmp_path):
    with pytest.raises(InputError, match="format=tflite: KVM-MN scores pairs"):
        export_tflite(runs["kvm_mn"], str(tmp_path))
    assert not list(tmp_path.iterdir())


def test_of_two_exports_to_one_folder_the_second_waits_for_its_turn(tmp_path):
    with hold_export(str(tmp_path), "."):
        with pytest.raises(InputError, match="another process is exporting there; wait for it"):
            export_tflite("anywhere", str(tmp_path))
    assert not list(tmp_path.iterdir())
