"""How long exported models take to answer, beside the bare networks; and searches in galleries.

    python tools/benchmark.py serving [--models=sona_net] [--images=10000,100000]

The bare network gets finished tensors; the signature gets the bytes of JPEGs, decodes and resizes
them. Both average an image with its mirror image, where the system does. The searches are those of
the benchmark `search`, whose flags it takes; `--models=none` leaves the models out.
"""

import dataclasses
import tempfile

import numpy as np

from tfreid.options import TrainOptions
from tfreid.options.fields import Checked, option
from tools.benchmarks import search
from tools.benchmarks.measuring import list_times

MODELS, NONE = ("sona_net", "kvm_mn"), "none"
SMALL = (
    "--size=32,16",
    "--width_multiplier=0.125",
    "--batches=1,2",
    "--repeats=2",
    *search.SMALL,
)


@dataclasses.dataclass(frozen=True)
class ServingBenchmark(Checked):
    """What is served, and how often it is asked."""

    models: tuple = option(MODELS, "Systems to export.", choices=(*MODELS, NONE), element=str)
    size: tuple = option(
        (), "Rows and columns of an image; empty for the paper's.", minimum=16, element=int
    )
    width_multiplier: float = option(1.0, "SONA-Net: scales all channel counts.", minimum=0.01)
    batches: tuple = option((1, 8, 32), "Images in a request.", minimum=1, element=int)
    repeats: int = option(9, "Turns of each side.", minimum=1)


GROUPS = (ServingBenchmark, search.SearchBenchmark)


def measure(benchmark, galleries):
    """Returns the milliseconds of requests and of the networks alone, and what searches take."""
    models = [model for model in benchmark.models if model != NONE]
    numbers = {model: _measure_model(benchmark, model) for model in models}
    return {**numbers, "search": search.measure(galleries)}


def _measure_model(benchmark, model):
    options = _make_options(benchmark, model)
    sides = _make_sides(options)
    numbers = {"height": options.data.height, "width": options.data.width}
    for batch in benchmark.batches:
        works = {name: make(batch) for name, make in sides.items()}
        for work in works.values():
            work()  # traces
        numbers[f"batch_{batch}"] = _summarize(list_times(works, benchmark.repeats))
    return numbers


def _summarize(seconds):
    """Returns milliseconds, and the signature's time in units of the others' fastest."""
    fastest = {name: min(values) for name, values in seconds.items()}
    numbers = {}
    for name, values in seconds.items():
        median, late = 1000 * np.percentile(values, [50, 95])
        numbers[name] = {"median_ms": round(median, 1), "percentile_95_ms": round(late, 1)}
        if name != "signature":
            numbers[f"ratio_to_{name}"] = round(fastest["signature"] / fastest[name], 3)
    return numbers


def _make_options(benchmark, model):
    flags = [f"--model={model}"]
    if benchmark.size:
        height, width = benchmark.size
        flags += [f"--height={height}", f"--width={width}", "--cutout_probability=0"]
    if model == "sona_net":
        flags += [f"--width_multiplier={benchmark.width_multiplier}", "--drop=none"]
    return TrainOptions.parse(["benchmark", *flags])


def _make_sides(options):
    """Returns {name: function from a batch size to what is timed}."""
    from tfreid.layers.folding import fold_batch_norm

    network = options.system.make_network(options)
    sides = {"network": _make_bare(network, options)}
    exported = _make_requests(export_signature(network, options), options)
    with fold_batch_norm(network) as parts:
        if not parts:
            return {"signature": exported, **sides}
        sides["not_folded"] = exported
        return {"signature": _make_requests(export_signature(network, options), options), **sides}


def export_signature(network, options):
    """Returns a network's `serving_default`, saved and loaded again."""
    import tensorflow as tf

    from tfreid.serving.exporting import save_model

    with tempfile.TemporaryDirectory() as folder:
        save_model(options.system.make_signatures(network, options), folder)
        model = tf.saved_model.load(folder)
    signature = model.signatures["serving_default"]
    signature.owner = model  # the variables live as long as the model
    return signature


def _make_requests(signature, options):
    import tensorflow as tf

    from tfreid.serving.server_files import make_images

    def make(batch):
        images = tf.constant(make_images(batch))
        if "query_image_bytes" in signature.structured_input_signature[1]:
            inputs = {"query_image_bytes": images[:1], "gallery_image_bytes": images}
        else:
            inputs = {"image_bytes": images}
        return lambda: {name: out.numpy() for name, out in signature(**inputs).items()}

    return make


def _make_bare(network, options):
    import tensorflow as tf

    from tfreid.evaluation.embedding import FlipAveraging

    if hasattr(network, "match"):
        ask = tf.function(lambda x: network.match(network.memorize(x[:1]), network.memorize(x)))
    else:
        ask = tf.function(FlipAveraging(network, options.evaluation.flip_averaging).__call__)

    def make(batch):
        images = tf.random.normal([batch, options.data.height, options.data.width, 3])
        return lambda: ask(images).numpy()

    return make
