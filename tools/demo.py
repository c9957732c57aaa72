"""tools/demo.sh: trains SONA-Net and KVM-MN on synthetic pedestrians and shows what they learned.

Ends with a table (color histogram; each network untrained and trained), the paths of the pictures
and the TensorBoard command. Given again, it goes on where it was interrupted.
"""

import dataclasses
import glob
import os

from absl import logging

from tfreid.doors import run_door
from tfreid.options import TrainOptions, parse
from tfreid.options.fields import Checked, option

_CONFIGS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "configs")
_RECIPES = tuple(os.path.join(_CONFIGS, f"demo_{name}.cfg") for name in ("sona", "kvm_mn"))
_TITLES = {"sona_net": "SONA-Net", "kvm_mn": "KVM-MN"}


@dataclasses.dataclass(frozen=True)
class DemoOptions(Checked):
    """Where the demo leaves its runs, with their pictures."""

    workdir: str = option(os.path.join("runs", "demo"), "Folder of the runs, one for each system.")
    recipes: tuple = option(_RECIPES, "Flagfiles to train by, one after the other.", element=str)


def main(argv):
    """Runs the demo; returns the exit code."""
    (demo,) = parse(argv, (DemoOptions,))
    from tfreid.training.run import train  # loads TensorFlow: not for a mistyped flag
    from tfreid.training.signals import Interrupted

    runs = [_read_recipe(recipe, demo.workdir) for recipe in demo.recipes]
    rows = _measure_colors(runs[0])
    for options in runs:
        title = _TITLES[options.model.model]
        rows[f"{title}, untrained"] = _measure_untrained(options)
        logging.info("%s learns:", title)
        try:
            train(options)
        except Interrupted as interruption:
            return 128 + interruption.signal_number
        rows[f"{title}, trained"] = _read_result(options)
    _show(demo, runs, rows)
    return 0


def _read_recipe(path, workdir):
    """Returns `TrainOptions` with a workdir of the system's own."""
    name = TrainOptions.read(path).model.model
    folder = os.path.join(workdir, name)
    return TrainOptions.read(path, [f"--workdir={folder}"]).with_absolute_paths()


def _measure_colors(options):
    """Returns the table's first row: {name: metrics} of color histograms."""
    from tfreid.data.readers import read_dataset
    from tfreid.evaluation.color_histogram import embed_color_histograms
    from tfreid.evaluation.retrieval import rank_dataset

    dataset = read_dataset(options.data)
    logging.info("color histograms, to compare with:")
    query, gallery = (embed_color_histograms(s.paths) for s in (dataset.query, dataset.gallery))
    return {"color histogram": rank_dataset(dataset, query, gallery).to_metrics()}


def _measure_untrained(options):
    """Returns the metrics of a network with its first random weights."""
    import tensorflow as tf

    from tfreid.data.readers import read_dataset
    from tfreid.runs.evaluation import TRAIN, evaluate_network
    from tfreid.runs.loading import make_network
    from tfreid.runs.provenance import Origin

    logging.info("the untrained network, to compare with:")
    tf.keras.utils.set_random_seed(options.learning.seed)
    network, dataset = make_network(options), read_dataset(options.data)
    return evaluate_network(network, Origin(), dataset, options, TRAIN).lines[0]


def _read_result(options):
    """Returns what a run wrote after its last step."""
    from tfreid.evaluation.report import read_metrics
    from tfreid.runs.workdir import Workdir

    return read_metrics(Workdir(options.run.workdir).metrics)[-1]


def _show(demo, runs, rows):
    """Prints the table and where everything is."""
    from tfreid.evaluation.report import format_table
    from tfreid.runs.workdir import Workdir

    folders = [Workdir(options.run.workdir).pictures for options in runs]
    paths = [path for folder in folders for path in sorted(_list_pictures(folder))]
    print(format_table(rows))
    print("\nPictures:", *(os.path.relpath(path) for path in paths), sep="\n  ")
    print(f"\nTensorBoard:\n  .venv/bin/tensorboard --logdir {os.path.relpath(demo.workdir)}")


def _list_pictures(folder):
    return glob.glob(os.path.join(glob.escape(folder), "**", "*.png"), recursive=True)


if __name__ == "__main__":
    run_door(main, (DemoOptions,), __doc__)
