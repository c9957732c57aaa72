"""A network that embeds as one ONNX file, which other programs run without TensorFlow."""

import json
import os

import numpy as np
import tensorflow as tf

from tfreid.data import transforms
from tfreid.errors import InputError
from tfreid.extras import import_extra
from tfreid.files import write_aside
from tfreid.runs.loading import load_network
from tfreid.serving.exporting import Export
from tfreid.serving.folding import fold_batch_norm
from tfreid.serving.model_card import make_card
from tfreid.serving.verification import compare

_EXTRA = "onnx"
_OPSET = 17  # onnxruntime 1.12 and later know it
_TOLERANCE = 1e-4  # of the largest number
_BATCHES = 1, 5  # images that it is compared on


def export_onnx(place, folder, step=None):
    """Writes `<system>.onnx`: pixels uint8[B, H, W, 3], RGB, to embedding float32[B, D].

    Normalization and flip averaging are inside, decoding and resizing are not. The file appears
    only after onnxruntime has given the network's answers.

    Args:
      place: workdir of the run, or key of `WEIGHTS`.
      folder: where to; made where missing.
      step: the checkpoint's step; None for the latest.

    Returns:
      `Export`, whose `version` is the file.

    Raises:
      InputError: for a system that has no embedding, where a package is missing, or where
        onnxruntime answers otherwise.
    """
    for package in ("tf2onnx", "onnx", "onnxruntime"):
        import_extra(package, _EXTRA)
    network, options, origin = load_network(place, step)
    if not hasattr(network, "embed"):
        raise InputError(
            f"format=onnx: {options.system.title} scores pairs and has no embedding; leave "
            "`format` out."
        )
    card = make_card(network, options, origin, place)
    pixels = _draw(options.data)
    pixels_to_embedding = options.system.make_signatures(network, options)["pixels"]
    expected = [
        pixels_to_embedding(pixels=tf.constant(batch))["embedding"].numpy() for batch in pixels
    ]
    fold_batch_norm(network)
    content = _convert(network, options, card)
    path = os.path.join(folder, f"{card['system']}.onnx")
    difference = _verify(content, pixels, expected, path)
    write_aside(path, lambda aside: _write(aside, content))
    return Export(path, card, difference)


def _draw(data):
    numbers = np.random.default_rng(0)
    return [numbers.integers(0, 256, (n, data.height, data.width, 3), np.uint8) for n in _BATCHES]


def _convert(network, options, card):
    """Returns the bytes of the file."""
    data, flips = options.data, options.evaluation.flip_averaging

    def embed(pixels):
        images = transforms.normalize_image(pixels, data.normalization)
        if not flips:
            return tf.cast(network.embed(images), tf.float32)
        both = tf.concat([images, images[:, :, ::-1]], axis=0)  # a loop would be one in ONNX, too
        return tf.add(*tf.split(tf.cast(network.embed(both), tf.float32), 2)) / 2

    pixels = tf.TensorSpec([None, data.height, data.width, 3], tf.uint8, name="pixels")
    function = tf.function(lambda pixels: {"embedding": embed(pixels)}, input_signature=[pixels])
    convert = import_extra("tf2onnx.convert", _EXTRA)
    model, _ = convert.from_function(function, input_signature=[pixels], opset=_OPSET)
    facts = {name: json.dumps(card[name]) for name in ("system", "fingerprint", "height", "width")}
    import_extra("onnx.helper", _EXTRA).set_model_props(model, facts)
    return model.SerializeToString()


def _verify(content, pixels, expected, path):
    """Returns the largest difference; raises where it is too large."""
    session = import_extra("onnxruntime", _EXTRA).InferenceSession(
        content, providers=["CPUExecutionProvider"]
    )
    found = [session.run(["embedding"], {"pixels": batch})[0] for batch in pixels]
    difference = max(map(compare, expected, found))
    if not difference <= _TOLERANCE:
        raise InputError(
            f"{path}: onnxruntime's answers differ from the network's by {difference:.2g} of the "
            f"largest value (allowed: {_TOLERANCE:.2g}); nothing was exported."
        )
    return difference


def _write(path, content):
    with open(path, "wb") as file:
        file.write(content)
