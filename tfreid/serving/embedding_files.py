"""A network that embeds as one file for another runtime: onnxruntime, or TFLite on phones."""

import json
import os
import warnings

import numpy as np
import tensorflow as tf

from tfreid.data import transforms
from tfreid.errors import InputError
from tfreid.extras import import_extra
from tfreid.files import write_bytes
from tfreid.layers.folding import fold_batch_norm
from tfreid.runs.loading import load_network
from tfreid.serving.exporting import Export
from tfreid.serving.model_card import make_card
from tfreid.serving.verification import compare
from tfreid.serving.versions import hold_export

FACTS = ("system", "fingerprint", "height", "width")  # of the card, told with the file
_TOLERANCE = 1e-4  # of the largest number
# Of one image and of several: an export may be right for the first alone.
_BATCHES = 1, 5  # images that it is compared on
_EXTRA = "onnx"
_OPSET = 17  # onnxruntime 1.12 and later know it


def export_embedding(place, folder, step, kind, convert, ask):
    """Writes `<system>.<kind>`: pixels uint8[B, H, W, 3], RGB, to embedding float32[B, D].

    Normalization and flip averaging are inside, decoding and resizing are not. The file appears
    only after the runtime has given the network's answers.

    Args:
      place: workdir of the run, or key of `WEIGHTS`.
      folder: where to; made where missing.
      step: the checkpoint's step; None for the latest.
      kind: the file's suffix.
      convert: of a function of `pixels` and the card, returns the file's bytes.
      ask: of these bytes and a list of arrays, returns the embeddings of each.

    Returns:
      `Export`, whose `version` is the file.

    Raises:
      InputError: for a system that has no embedding, where the runtime answers otherwise, or
        another process is exporting there.
    """
    with hold_export(folder, "."):  # a lock file would lie beside the one that is wanted
        return _export(place, folder, step, kind, convert, ask)


def _export(place, folder, step, kind, convert, ask):
    network, options, origin = load_network(place, step)
    if not hasattr(network, "embed"):
        raise InputError(
            f"format={kind}: {options.system.title} scores pairs and has no embedding; leave "
            "`format` out."
        )
    card = make_card(network, options, origin, place)
    pixels = _draw(options.data)
    pixels_to_embedding = options.system.make_signatures(network, options)["pixels"]
    expected = [
        pixels_to_embedding(pixels=tf.constant(batch))["embedding"].numpy() for batch in pixels
    ]
    with fold_batch_norm(network):
        content = convert(_make_function(network, options), card)
    path = os.path.join(folder, f"{card['system']}.{kind}")
    difference = _verify(expected, ask(content, pixels), path)
    write_bytes(path, content)
    return Export(path, card, difference)


def _draw(data):
    numbers = np.random.default_rng(0)
    return [numbers.integers(0, 256, (n, data.height, data.width, 3), np.uint8) for n in _BATCHES]


def _make_function(network, options):
    """Returns a `tf.function` of `pixels` that returns {"embedding"}."""
    data, flips = options.data, options.evaluation.flip_averaging

    def embed(pixels):
        images = transforms.normalize_image(pixels, data.normalization)
        if not flips:
            return tf.cast(network.embed(images), tf.float32)
        both = tf.concat([images, images[:, :, ::-1]], axis=0)  # a loop would be one there, too
        return tf.add(*tf.split(tf.cast(network.embed(both), tf.float32), 2)) / 2

    pixels = tf.TensorSpec([None, data.height, data.width, 3], tf.uint8, name="pixels")
    return tf.function(lambda pixels: {"embedding": embed(pixels)}, input_signature=[pixels])


def _verify(expected, found, path):
    """Returns the largest difference; raises where it is too large."""
    difference = max(map(compare, expected, found))
    if not difference <= _TOLERANCE:
        raise InputError(
            f"{path}: its runtime's answers differ from the network's by {difference:.2g} of the "
            f"largest value (allowed: {_TOLERANCE:.2g}); nothing was exported."
        )
    return difference


def export_onnx(place, folder, step=None):
    """Writes `<system>.onnx`, with facts of the card as JSON in its metadata.

    See `export_embedding`; raises `InputError` where a package is missing, too.
    """
    for package in ("tf2onnx", "onnx", "onnxruntime"):
        import_extra(package, _EXTRA)
    return export_embedding(place, folder, step, "onnx", _to_onnx, _ask_onnxruntime)


def _to_onnx(function, card):
    convert = import_extra("tf2onnx.convert", _EXTRA)
    model, _ = convert.from_function(
        function, input_signature=function.input_signature, opset=_OPSET
    )
    facts = {name: json.dumps(card[name]) for name in FACTS}
    import_extra("onnx.helper", _EXTRA).set_model_props(model, facts)
    return model.SerializeToString()


def _ask_onnxruntime(content, pixels):
    session = import_extra("onnxruntime", _EXTRA).InferenceSession(
        content, providers=["CPUExecutionProvider"]
    )
    return [session.run(["embedding"], {"pixels": batch})[0] for batch in pixels]


def export_tflite(place, folder, step=None):
    """Writes `<system>.tflite`; see `export_embedding`. It tells no fingerprint."""
    return export_embedding(place, folder, step, "tflite", _to_tflite, _ask_tflite)


def _to_tflite(function, card):
    concrete = function.get_concrete_function()
    # The converter wants an object that keeps the variables alive.
    holder = tf.Module()
    holder.weights = concrete.variables
    return tf.lite.TFLiteConverter.from_concrete_functions([concrete], holder).convert()


def _ask_tflite(content, pixels):
    with warnings.catch_warnings():
        # TensorFlow 2.20 and later tell that the runtime moves to a package of its own.
        warnings.filterwarnings("ignore", r"\s*Warning: tf\.lite\.Interpreter is deprecated")
        runner = tf.lite.Interpreter(model_content=content).get_signature_runner()
    return [runner(pixels=batch)["embedding"] for batch in pixels]
