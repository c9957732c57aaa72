"""What a network's ONNX file loses in mAP by int8, and gains in bytes and time.

    python tools/benchmark.py quantized --dataset=synthetic [--place=tfreid_small]

Weights and activations become int8 by onnxruntime's static quantization; the ranges of activations
are those of some gallery images. Needs the extra tfreid[onnx]. mAP is on query and gallery of the
data set. onnxruntime runs on the CPU.
"""

import dataclasses
import os
import tempfile
import time

import numpy as np

from tfreid.options.data import DataOptions
from tfreid.options.fields import Checked, option

SMALL = ("--calibration_images=8", "--dataset=synthetic")
_BATCH = 32


@dataclasses.dataclass(frozen=True)
class QuantizedBenchmark(Checked):
    """Which network, and from how many images its ranges are taken."""

    place: str = option("tfreid_small", "The network: a workdir, or weights by name.")
    calibration_images: int = option(256, "Images that tell the ranges.", minimum=1)
    people: int = option(0, "Only queries and gallery images of so many people; 0: all.", minimum=0)
    seed: int = option(0, "Seed of who is drawn.", minimum=0)


GROUPS = (QuantizedBenchmark, DataOptions)


def measure(benchmark, data):
    """Returns {"onnx", "int8": {"mAP", "megabytes", "ms_per_image"}}."""
    from tfreid.data.readers import read_dataset
    from tfreid.evaluation.retrieval import drop_junk
    from tfreid.serving.embedding_files import export_onnx
    from tfreid.serving.loaded import load

    dataset = _draw(drop_junk(read_dataset(data, needs=("query", "gallery"))), benchmark)
    model = load(benchmark.place)
    pixels = [_prepare(model, split) for split in (dataset.query, dataset.gallery)]
    with tempfile.TemporaryDirectory() as folder:
        plain = export_onnx(benchmark.place, folder).version
        small = os.path.join(folder, "int8.onnx")
        _quantize(plain, small, pixels[1][: benchmark.calibration_images])
        files = {"onnx": plain, "int8": small}
        numbers = {name: _measure(path, dataset, pixels) for name, path in files.items()}
    lost = numbers["onnx"]["mAP"] - numbers["int8"]["mAP"]
    return {
        "place": benchmark.place,
        "dataset": dataset.name,
        "queries": len(dataset.query),
        "gallery": len(dataset.gallery),
        **numbers,
        "lost_mAP": round(lost, 2),
    }


def _draw(dataset, benchmark):
    """Returns a data set of some people, drawn by lot; distractors go."""
    pids = np.unique(dataset.query.pids)
    if not benchmark.people:
        return dataset
    chosen = np.random.default_rng(benchmark.seed).permutation(pids)[: benchmark.people]
    sides = {name: getattr(dataset, name) for name in ("query", "gallery")}
    kept = {name: side.take(np.isin(side.pids, chosen)) for name, side in sides.items()}
    return dataclasses.replace(dataset, **kept)


def _prepare(model, split):
    return np.concatenate(list(model.prepare_batches(split.paths)))


def _quantize(path, quantized, pixels):
    """Writes an int8 model; what is not a convolution or a product stays as it is."""
    from onnxruntime import quantization

    batches = iter([{"pixels": pixels[i : i + 8]} for i in range(0, len(pixels), 8)])

    class Reader(quantization.CalibrationDataReader):
        def get_next(self):
            return next(batches, None)

    quantization.quantize_static(
        path,
        quantized,
        Reader(),
        quant_format=quantization.QuantFormat.QDQ,
        per_channel=True,
        op_types_to_quantize=["Conv", "MatMul", "Gemm"],
    )


def _measure(path, dataset, pixels):
    import onnxruntime

    from tfreid.evaluation.retrieval import rank_dataset

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    start = time.perf_counter()
    query, gallery = (_embed(session, side) for side in pixels)
    seconds = time.perf_counter() - start
    return {
        "mAP": round(rank_dataset(dataset, query, gallery).mAP, 2),
        "megabytes": round(os.path.getsize(path) / 1e6, 2),
        "ms_per_image": round(1000 * seconds / (len(query) + len(gallery)), 2),
    }


def _embed(session, pixels):
    starts = range(0, len(pixels), _BATCH)
    parts = [session.run(["embedding"], {"pixels": pixels[i : i + _BATCH]})[0] for i in starts]
    return np.concatenate(parts)
