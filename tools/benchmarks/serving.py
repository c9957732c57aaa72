"""How long an exported model takes to answer, beside the bare network.

    python tools/benchmark.py serving [--model=kvm_mn]

The bare network gets finished tensors; the signature gets the bytes of JPEGs, decodes and resizes
them. Both average an image with its mirror image, where the system does.
"""

import dataclasses
import tempfile

from tfreid.options import KVM_MN, SONA_NET, TrainOptions
from tfreid.options.fields import Checked, option
from tools.benchmarks.measuring import time_alternately

SMALL = ("--size=32,16", "--width_multiplier=0.125", "--batches=1,2", "--repeats=1")


@dataclasses.dataclass(frozen=True)
class ServingBenchmark(Checked):
    """What is served, and how often it is asked."""

    model: str = option(SONA_NET, "System to export.", choices=(SONA_NET, KVM_MN))
    size: tuple = option(
        (), "Rows and columns of an image; empty for the paper's.", minimum=16, element=int
    )
    width_multiplier: float = option(1.0, "SONA-Net: scales all channel counts.", minimum=0.01)
    batches: tuple = option((1, 8, 32), "Images in a request.", minimum=1, element=int)
    repeats: int = option(9, "Turns of each side; the fastest counts.", minimum=1)


GROUPS = (ServingBenchmark,)


def measure(benchmark):
    """Returns the milliseconds of a request, and those of the network alone."""
    options = _make_options(benchmark)
    sides = _make_sides(options)
    numbers = {
        "model": benchmark.model,
        "height": options.data.height,
        "width": options.data.width,
    }
    for batch in benchmark.batches:
        works = {name: make(batch) for name, make in sides.items()}
        for work in works.values():
            work()  # traces
        seconds = time_alternately(works, benchmark.repeats)
        numbers[f"batch_{batch}"] = {
            **{f"{name}_ms": round(1000 * value, 1) for name, value in seconds.items()},
            "ratio": round(seconds["signature"] / seconds["network"], 2),
            "folding_ratio": round(seconds["signature"] / seconds["not_folded"], 2),
        }
    return numbers


def _make_options(benchmark):
    flags = [f"--model={benchmark.model}"]
    if benchmark.size:
        height, width = benchmark.size
        flags += [f"--height={height}", f"--width={width}", "--cutout_probability=0"]
    if benchmark.model == SONA_NET:
        flags += [f"--width_multiplier={benchmark.width_multiplier}", "--drop=none"]
    return TrainOptions.parse(["benchmark", *flags])


def _make_sides(options):
    """Returns {name: function from a batch size to what is timed}."""
    from tfreid.runs.loading import make_network
    from tfreid.serving.folding import fold_batch_norm

    network = make_network(options)
    not_folded = _export(network, options)
    bare = _make_bare(network, options)
    sides = {"network": bare, "not_folded": _make_requests(not_folded, options)}
    folded = make_network(options)
    folded.set_weights(network.get_weights())
    fold_batch_norm(folded)
    return {"signature": _make_requests(_export(folded, options), options), **sides}


def _export(network, options):
    """Returns a network's `serving_default`, saved and loaded again."""
    import tensorflow as tf

    from tfreid.serving.exported import save_model

    with tempfile.TemporaryDirectory() as folder:
        save_model(network, options, folder)
        model = tf.saved_model.load(folder)
    signature = model.signatures["serving_default"]
    signature.owner = model  # the variables live as long as the model
    return signature


def _make_requests(signature, options):
    import tensorflow as tf

    from tfreid.serving.sample_requests import make_images

    def make(batch):
        images = tf.constant(make_images(batch))
        if options.model.model == KVM_MN:
            inputs = {"query_image_bytes": images[:1], "gallery_image_bytes": images}
        else:
            inputs = {"image_bytes": images}
        return lambda: {name: out.numpy() for name, out in signature(**inputs).items()}

    return make


def _make_bare(network, options):
    import tensorflow as tf

    from tfreid.evaluation.embedding import FlipAveraging

    if options.model.model == KVM_MN:
        ask = tf.function(lambda x: network.match(network.memorize(x[:1]), network.memorize(x)))
    else:
        ask = tf.function(FlipAveraging(network, options.evaluation.flip_averaging).__call__)

    def make(batch):
        images = tf.random.normal([batch, options.data.height, options.data.width, 3])
        return lambda: ask(images).numpy()

    return make
