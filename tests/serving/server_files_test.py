"""What a model server reads beside the model."""

import os

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_serving.apis import prediction_log_pb2
from tensorflow_serving.config import model_server_config_pb2

from tfreid.serving.server_files import BATCH_SIZES, make_request


def read_warm_up(version):
    path = os.path.join(version, "assets.extra", "tf_serving_warmup_requests")
    records = tf.data.TFRecordDataset(path)
    logs = [prediction_log_pb2.PredictionLog.FromString(record.numpy()) for record in records]
    return [log.predict_log.request for log in logs]


@pytest.mark.parametrize("system", ["sona_net", "kvm_mn"])
def test_warm_up_requests_run_in_every_batch_size(exports, system):
    """Replayed as a server does: each request into the signature that it names."""
    requests = read_warm_up(exports[system].version)
    signatures = tf.saved_model.load(exports[system].version).signatures
    sizes = {}
    for request in requests:
        assert request.model_spec.name == system
        name = request.model_spec.signature_name
        inputs = {key: tf.constant(tf.make_ndarray(value)) for key, value in request.inputs.items()}
        sizes.setdefault(name, []).append(max(len(value) for value in inputs.values()))
        for value in signatures[name](**inputs).values():
            assert value.dtype == tf.bool or np.isfinite(value.numpy()).all()
    assert sizes == {name: list(BATCH_SIZES) for name in signatures}


@pytest.mark.parametrize("system", ["sona_net", "kvm_mn"])
def test_models_config_is_what_the_server_parses(exports, system):
    path = os.path.join(os.path.dirname(exports[system].version), "models.config")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    config = text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
    (model,) = config.model_config_list.config
    assert (model.name, model.base_path) == (system, f"/models/{system}")
    assert model.model_platform == "tensorflow"


def test_batching_config_allows_the_warmed_up_sizes(exports):
    path = os.path.join(os.path.dirname(exports["sona_net"].version), "batching.config")
    with open(path, encoding="utf-8") as file:
        lines = [line for line in file.read().splitlines() if not line.startswith("#")]
    sizes = [int(line.split(": ")[1]) for line in lines if line.startswith("allowed_batch_sizes")]
    assert sizes == list(BATCH_SIZES) == sorted(set(sizes))
    assert f"max_batch_size {{ value: {sizes[-1]} }}" in lines


def test_kvm_mn_has_no_batching_file_for_merged_clients_would_be_matched(exports):
    folder = os.path.dirname(exports["kvm_mn"].version)
    assert "batching.config" not in os.listdir(folder)


def test_a_request_carries_its_inputs():
    request = make_request("m", "s", {"a": np.array([b"1", b"22"], object), "b": np.ones([2, 3])})
    assert (request.model_spec.name, request.model_spec.signature_name) == ("m", "s")
    assert tf.make_ndarray(request.inputs["a"]).tolist() == [b"1", b"22"]
    np.testing.assert_array_equal(tf.make_ndarray(request.inputs["b"]), np.ones([2, 3]))
