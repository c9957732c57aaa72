"""The rows of the demo's table, the first of color histograms, and the words around it."""

import glob
import os

import numpy as np
import tensorflow as tf
from absl import logging
from PIL import Image

from tfreid.data.images import read_image
from tfreid.data.readers import read_dataset
from tfreid.evaluation.report import format_table
from tfreid.evaluation.retrieval import rank_dataset
from tfreid.json_lines import read_lines
from tfreid.runs.evaluation import TRAIN, evaluate_network
from tfreid.runs.provenance import Origin
from tfreid.runs.workdir import Workdir

STRIPES = 6
BINS = (3, 8, 8)  # of Y, Cb and Cr: brightness changes more between cameras than color does
SIZE = STRIPES * BINS[0] * BINS[1] * BINS[2]
_PIXELS = (48, 96)  # of an image: width, height: enough for color, quick to count
_SPREAD = 0.12  # of the Gaussian over the width that weighs columns, in widths
_MIDDLE_GRAY = 110.0


def measure_colors(options):
    """Returns the metrics of color histograms, on the data set of `TrainOptions`."""
    dataset = read_dataset(options.data)
    logging.info("color histograms, to compare with:")
    query, gallery = (embed_color_histograms(s.paths) for s in (dataset.query, dataset.gallery))
    return rank_dataset(dataset, query, gallery).to_metrics()


def measure_untrained(options):
    """Returns the metrics of the network of `TrainOptions` with its first random weights."""
    logging.info("the untrained network, to compare with:")
    # The training sets the same seed, so that these are the weights that it begins with.
    tf.keras.utils.set_random_seed(options.learning.seed)
    network, dataset = options.system.make_network(options), read_dataset(options.data)
    return evaluate_network(network, Origin(), dataset, options, TRAIN).lines[0]


def read_result(options):
    """Returns the metrics that the run of `TrainOptions` wrote after its last step."""
    return read_lines(Workdir(options.run.workdir).metrics)[-1]


def tell(rows, runs, folder):
    """Returns the table of {row: metrics}, where the pictures of the runs are, and what is next."""
    runs = list(runs)
    folders = [Workdir(options.run.workdir).pictures for options in runs]
    paths = [os.path.relpath(path) for place in folders for path in sorted(_list_pictures(place))]
    pictures = "\n  ".join(["Pictures:", *paths])
    board = f"TensorBoard:\n  tensorboard --logdir {os.path.relpath(folder)}"
    return "\n\n".join([format_table(rows), pictures, board, _tell_search(runs[0], folder)])


def _tell_search(run, folder):
    """Returns the commands that search the gallery with the network of a run, in the browser."""
    network, index = os.path.relpath(run.run.workdir), os.path.relpath(f"{folder}/index")
    gallery = os.path.dirname(read_dataset(run.data).gallery.paths[0])
    which = f"--workdir={network} --index={index}"
    add, page = f"tfreid search {which} --add={gallery}", f"tfreid app {which}"
    return f"Search in the browser:\n  {add}\n  {page}"


def _list_pictures(folder):
    return glob.glob(os.path.join(glob.escape(folder), "**", "*.png"), recursive=True)


def embed_color_histograms(paths):
    """Returns one embedding per image; see `embed_image`.

    Args:
      paths: names of N image files.

    Returns:
      float32[N, SIZE].

    Raises:
      InputError: naming the first file that cannot be read as an image.
    """
    if not len(paths):
        return np.zeros((0, SIZE), np.float32)
    return np.stack([embed_image(Image.fromarray(read_image(path))) for path in paths])


def embed_image(image):
    """Returns the embedding of one PIL image: float32[SIZE], of squared length `STRIPES`.

    Each stripe's histogram counts YCbCr colors after every channel's mean has been made the same
    gray. Columns near the middle count more, since a box holds background at its sides. The
    counts sum to 1, and their square roots make the Euclidean distance the Hellinger distance.
    """
    pixels = np.asarray(image.convert("RGB").resize(_PIXELS, Image.BILINEAR), np.float32)
    bins = _find_bins(_balance(pixels))
    columns = np.linspace(-0.5, 0.5, _PIXELS[0])
    weights = np.broadcast_to(np.exp(-0.5 * (columns / _SPREAD) ** 2), bins.shape)
    histograms = [
        np.bincount(stripe.ravel(), weight.ravel(), minlength=SIZE // STRIPES)
        for stripe, weight in zip(np.split(bins, STRIPES), np.split(weights, STRIPES))
    ]
    return np.concatenate([np.sqrt(h / h.sum()) for h in histograms]).astype(np.float32)


def _balance(pixels):
    """Returns uint8 pixels whose channels have the same mean (the gray-world assumption)."""
    means = np.maximum(pixels.mean((0, 1)), 1.0)
    return np.clip(pixels / means * _MIDDLE_GRAY, 0, 255).astype(np.uint8)


def _find_bins(pixels):
    """Returns int[H, W], the number of each pixel's bin."""
    channels = np.asarray(Image.fromarray(pixels).convert("YCbCr"), np.int64)
    number = 0
    for channel, count in zip(np.moveaxis(channels, -1, 0), BINS):
        number = number * count + channel * count // 256
    return number
