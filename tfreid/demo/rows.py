"""The rows of the demo's table, and the words around it."""

import glob
import os

import tensorflow as tf
from absl import logging

from tfreid.data.readers import read_dataset
from tfreid.demo.color_histogram import embed_color_histograms
from tfreid.evaluation.report import format_table
from tfreid.evaluation.retrieval import rank_dataset
from tfreid.json_lines import read_lines
from tfreid.runs.evaluation import TRAIN, evaluate_network
from tfreid.runs.provenance import Origin
from tfreid.runs.workdir import Workdir


def measure_colors(options):
    """Returns the metrics of color histograms, on the data set of `TrainOptions`."""
    dataset = read_dataset(options.data)
    logging.info("color histograms, to compare with:")
    query, gallery = (embed_color_histograms(s.paths) for s in (dataset.query, dataset.gallery))
    return rank_dataset(dataset, query, gallery).to_metrics()


def measure_untrained(options):
    """Returns the metrics of the network of `TrainOptions` with its first random weights."""
    logging.info("the untrained network, to compare with:")
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
