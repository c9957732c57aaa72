"""What TF Serving reads beside the model: warm-up requests, batching and the list of models.

The requests are also what an export is checked with.
"""

import os

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import model_pb2, predict_pb2, prediction_log_pb2

from tfreid.files import write_text

BATCH_SIZES = (1, 2, 4, 8, 16, 32)  # that a server rounds merged requests up to
_WARM_UP = os.path.join("assets.extra", "tf_serving_warmup_requests")
_CONTAINER = "/models"  # where the documented command shows the export folder to the server

_MODELS = """\
# tensorflow_model_server --model_config_file=models.config
model_config_list {{
  config {{
    name: "{system}"
    base_path: "{container}/{system}"
    model_platform: "tensorflow"
  }}
}}
"""

_BATCHING = """\
# tensorflow_model_server --enable_batching --batching_parameters_file=batching.config
# Requests that arrive within the timeout are merged and filled up to the next allowed size; warm-up
# requests have run each of them before the model serves. Clients of the signature "pixels" must all
# send one size then: the server cannot merge others.
max_batch_size {{ value: {largest} }}
batch_timeout_micros {{ value: 2000 }}
max_enqueued_batches {{ value: 100 }}
num_batch_threads {{ value: 4 }}
{sizes}
"""


def write_warm_up(version, system, requests):
    """Writes the warm-up requests of a version folder, which a server runs before it serves.

    Args:
      version: the folder.
      system: name under which the model is served.
      requests: of `list_requests`.
    """
    path = os.path.join(version, _WARM_UP)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with tf.io.TFRecordWriter(path) as writer:
        for signature, inputs in requests:
            log = prediction_log_pb2.PredictLog(request=make_request(system, signature, inputs))
            record = prediction_log_pb2.PredictionLog(predict_log=log)
            writer.write(record.SerializeToString())


def make_request(system, signature, inputs):
    """Returns the `PredictRequest` of a signature's inputs, {name: numpy array}."""
    spec = model_pb2.ModelSpec(name=system, signature_name=signature)
    protos = {name: tf.make_tensor_proto(value) for name, value in inputs.items()}
    return predict_pb2.PredictRequest(model_spec=spec, inputs=protos)


def write_server_files(folder, system, merges_requests):
    """Writes `models.config` and, where requests may be merged, `batching.config`, if missing.

    Merging joins the rows of several clients. Signatures that answer with a score for each query
    and each gallery image would match merged clients with each other: such a system says that its
    requests may not be merged.

    Args:
      folder: the export folder.
      system: name under which the model is served.
      merges_requests: see `System`.
    """
    models = _MODELS.format(system=system, container=_CONTAINER)
    _write_once(os.path.join(folder, "models.config"), models)
    # `batching.config` would let a server do it.
    if merges_requests:
        sizes = "\n".join(f"allowed_batch_sizes: {size}" for size in BATCH_SIZES)
        batching = _BATCHING.format(largest=max(BATCH_SIZES), sizes=sizes)
        _write_once(os.path.join(folder, "batching.config"), batching)


def _write_once(path, text):
    """Leaves a file that somebody may have changed as it is."""
    if not os.path.isfile(path):
        write_text(path, text)


def list_requests(system, signatures):
    """Makes a request for each signature and each batch size.

    The images are noise: what a network computes takes as long for them as for people.

    Args:
      system: `System`.
      signatures: of its `make_signatures`.

    Returns:
      List of (signature, {input: numpy array}).
    """
    images = make_images(max(BATCH_SIZES))
    requests = []
    for size in BATCH_SIZES:
        # object: numpy's own bytes would lose zeros at the end.
        contents = np.array(images[:size], object)
        pixels = np.stack([tf.io.decode_jpeg(content).numpy() for content in contents])
        requests.append(("pixels", {"pixels": pixels}))
        requests += system.make_requests(signatures, contents)
    return requests


def make_images(count):
    """Returns the bytes of JPEGs of 128 x 64 pixels, the usual size of detected people."""
    noise = np.random.default_rng(0).integers(0, 256, [count, 128, 64, 3], np.uint8)
    return [tf.io.encode_jpeg(image).numpy() for image in noise]
