"""A network that embeds as a TFLite file, for phones and small devices."""

import warnings

import tensorflow as tf

from tfreid.serving.embedding_files import export_embedding


def export_tflite(place, folder, step=None):
    """Writes `<system>.tflite`; see `embedding_files.export_embedding`. It tells no fingerprint."""
    return export_embedding(place, folder, step, "tflite", _convert, _ask)


def _convert(function, card):
    concrete = function.get_concrete_function()
    holder = tf.Module()
    holder.weights = concrete.variables
    return tf.lite.TFLiteConverter.from_concrete_functions([concrete], holder).convert()


def _ask(content, pixels):
    with warnings.catch_warnings():
        # TensorFlow 2.20 and later tell that the runtime moves to a package of its own.
        warnings.filterwarnings("ignore", r"\s*Warning: tf\.lite\.Interpreter is deprecated")
        runner = tf.lite.Interpreter(model_content=content).get_signature_runner()
    return [runner(pixels=batch)["embedding"] for batch in pixels]
