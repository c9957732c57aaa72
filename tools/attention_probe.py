"""What a trained SONA-Net's attention does: evaluates it with another attention in its place.

    python -m tools.attention_probe --workdir=W

Prints a line for each: the network as it was trained, every map uniform (each position gets the
mean of g), the covariance without Eq. 2's 1/sqrt(d), and SONA left out. Beside the scores stands
the mean over query images and positions of each map's largest weight, in multiples of uniform.
"""

import dataclasses

import numpy as np
import tensorflow as tf

from tfreid.command_line import run_command
from tfreid.data.images import prepare_image
from tfreid.data.readers import read_dataset
from tfreid.data.transforms import normalize_image
from tfreid.errors import InputError
from tfreid.evaluation.report import format_table
from tfreid.layers.second_order_attention import SecondOrderNonLocalAttention
from tfreid.options import parse
from tfreid.options.fields import Checked, option
from tfreid.runs.evaluation import EVALUATE, evaluate_network
from tfreid.runs.loading import load_network

AS_TRAINED, UNIFORM, COVARIANCE, LEFT_OUT = "as trained", "uniform", "covariance", "left out"


@dataclasses.dataclass(frozen=True)
class ProbeOptions(Checked):
    """Of this program."""

    workdir: str = option("", "Run of a SONA-Net.")
    map_images: int = option(64, "Query images whose maps are measured.", minimum=1)


def main(argv):
    """Prints peaks and scores; returns the exit code."""
    (options,) = parse(argv, (ProbeOptions,))
    network, run, origin = load_network(options.workdir)
    # Embeddings kept there are those of the network as trained, and a changed map is no weight.
    run = run._replace(run=dataclasses.replace(run.run, workdir=""))
    layers = [m for m in network.submodules if isinstance(m, SecondOrderNonLocalAttention)]
    if not layers:
        raise InputError(f"workdir={options.workdir}: its network has no second-order attention.")
    dataset = read_dataset(run.data, needs=("query", "gallery"))
    images = _read_images(dataset.query.paths[: options.map_images], run.data)
    lines = {}
    for change in (AS_TRAINED, UNIFORM, COVARIANCE, LEFT_OUT):
        for layer in layers:
            _change(layer, change)
        lines[change] = evaluate_network(network, origin, dataset, run, EVALUATE).lines[0]
        if change in (AS_TRAINED, COVARIANCE):
            print(f"{change}: largest weights, of uniform: {_measure_peaks(network, images)}")
    print(format_table(lines))
    return 0


def _read_images(paths, data):
    images = tf.stack([prepare_image(path, data.height, data.width) for path in paths])
    return normalize_image(images, data.normalization)


def _change(layer, change):
    if change == LEFT_OUT:
        # SONA adds p of what it attends to: a p of zeros adds nothing. Last, as it is not undone.
        for variable in layer.p.weights:
            variable.assign(tf.zeros_like(variable))
    elif change != AS_TRAINED:
        layer.scale = change


def _measure_peaks(network, images):
    peaks = {}
    for name, maps in network.attention_maps(images).items():
        flat = np.reshape(maps, [*maps.shape[:3], -1])
        peaks[name] = f"{(flat.max(-1) * flat.shape[-1]).mean():.3f}"
    return ", ".join(f"{name} {peak}" for name, peak in peaks.items())


if __name__ == "__main__":
    run_command(main, (ProbeOptions,), __doc__)
