"""What TF Serving does with an export, on this machine: both protocols, the real signatures.

It stands in for `tensorflow_model_server` where that is not installed: it loads the newest version
folder with TensorFlow alone, and takes and gives the messages of the REST and gRPC protocols.
"""

import base64
import concurrent.futures
import contextlib
import http.server
import json
import os
import threading

import grpc
import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    predict_pb2,
    prediction_service_pb2_grpc,
)


class ServedModel:
    """One loaded version folder."""

    def __init__(self, version):
        self._model = tf.saved_model.load(version)
        with open(os.path.join(version, "saved_model.pb"), "rb") as file:
            self._file = saved_model_pb2.SavedModel.FromString(file.read())

    @property
    def signature_defs(self):
        """{name: SignatureDef}, as the file has them."""
        return self._file.meta_graphs[0].signature_def

    def predict(self, signature, inputs):
        """Returns {output: numpy array}; raises KeyError or ValueError for wrong requests."""
        outputs = self._model.signatures[signature](**inputs)
        return {name: value.numpy() for name, value in outputs.items()}


class GrpcService(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Predict and GetModelMetadata."""

    def __init__(self, models):
        self._models = models

    def Predict(self, request, context):  # noqa: N802, the protocol's name
        model = self._find(request, context)
        inputs = {name: tf.constant(tf.make_ndarray(t)) for name, t in request.inputs.items()}
        outputs = model.predict(request.model_spec.signature_name or "serving_default", inputs)
        answer = predict_pb2.PredictResponse()
        for name, value in outputs.items():
            answer.outputs[name].CopyFrom(tf.make_tensor_proto(value))
        return answer

    def GetModelMetadata(self, request, context):  # noqa: N802
        model = self._find(request, context)
        signatures = get_model_metadata_pb2.SignatureDefMap()
        for name, definition in model.signature_defs.items():
            signatures.signature_def[name].CopyFrom(definition)
        answer = get_model_metadata_pb2.GetModelMetadataResponse()
        answer.metadata["signature_def"].Pack(signatures)
        return answer

    def _find(self, request, context):
        name = request.model_spec.name
        if name not in self._models:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Servable not found for request: {name}")
        return self._models[name]


def make_handler(models):
    """Returns the class that answers REST requests."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802
            model = self._find("/metadata")
            if model:
                inputs = {
                    name: {"inputs": {key: {} for key in definition.inputs}}
                    for name, definition in model.signature_defs.items()
                }
                self._answer(200, {"metadata": {"signature_def": {"signature_def": inputs}}})

        def do_POST(self):  # noqa: N802
            model = self._find(":predict")
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if model:
                inputs = {name: decode_input(value) for name, value in body["inputs"].items()}
                outputs = model.predict(body["signature_name"], inputs)
                lists = {name: value.tolist() for name, value in outputs.items()}
                # As the real one: a single output has no name. NaN is the bare word, as Python's.
                self._answer(200, {"outputs": lists if len(lists) > 1 else lists.popitem()[1]})

        def _find(self, ending):
            name = self.path[len("/v1/models/") : -len(ending)]
            if name not in models or not self.path.endswith(ending):
                self._answer(404, {"error": f"Servable not found for request: {name}"})
                return None
            return models[name]

        def _answer(self, code, body):
            content = json.dumps(body).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            """Quiet."""

    return Handler


def decode_input(value):
    """Returns a tensor of a request's JSON, in which bytes are {"b64": text}."""
    if value and isinstance(value[0], dict):
        return tf.constant([base64.b64decode(item["b64"], validate=True) for item in value])
    return tf.constant(np.asarray(value))


@contextlib.contextmanager
def serve(versions):
    """Serves {name: version folder}; yields {"http": url, "grpc": url}."""
    models = {name: ServedModel(version) for name, version in versions.items()}
    rest = http.server.ThreadingHTTPServer(("127.0.0.1", 0), make_handler(models))
    threading.Thread(target=rest.serve_forever, daemon=True).start()
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(GrpcService(models), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield {"http": f"http://127.0.0.1:{rest.server_port}", "grpc": f"grpc://127.0.0.1:{port}"}
    finally:
        rest.shutdown()
        rest.server_close()
        server.stop(None)
