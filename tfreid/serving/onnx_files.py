"""A network that embeds as an ONNX file, for onnxruntime."""

import json

from tfreid.extras import import_extra
from tfreid.serving.embedding_files import FACTS, export_embedding

_EXTRA = "onnx"
_OPSET = 17  # onnxruntime 1.12 and later know it


def export_onnx(place, folder, step=None):
    """Writes `<system>.onnx`, with facts of the card as JSON in its metadata.

    See `embedding_files.export_embedding`; raises `InputError` where a package is missing, too.
    """
    for package in ("tf2onnx", "onnx", "onnxruntime"):
        import_extra(package, _EXTRA)
    return export_embedding(place, folder, step, "onnx", _convert, _ask)


def _convert(function, card):
    convert = import_extra("tf2onnx.convert", _EXTRA)
    model, _ = convert.from_function(
        function, input_signature=function.input_signature, opset=_OPSET
    )
    facts = {name: json.dumps(card[name]) for name in FACTS}
    import_extra("onnx.helper", _EXTRA).set_model_props(model, facts)
    return model.SerializeToString()


def _ask(content, pixels):
    session = import_extra("onnxruntime", _EXTRA).InferenceSession(
        content, providers=["CPUExecutionProvider"]
    )
    return [session.run(["embedding"], {"pixels": batch})[0] for batch in pixels]
