"""ONNX: another runtime says what the network says."""

import numpy as np
import pytest

from tfreid.errors import InputError
from tfreid.serving.loaded import load

for _package in ("tf2onnx", "onnxruntime"):
    pytest.importorskip(_package, reason=f"{_package}, of the extra tfreid[onnx], is not installed")

from tfreid.serving.onnx_files import export_onnx  # noqa: E402


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


def test_a_system_without_embeddings_is_refused(runs, tmp_path):
    with pytest.raises(InputError, match="format=onnx: KVM-MN scores pairs"):
        export_onnx(runs["kvm_mn"], str(tmp_path))
    assert not list(tmp_path.iterdir())
