"""tools/demo.sh: trains SONA-Net on synthetic pedestrians and shows what it has learned.

Ends with a table (color histogram, untrained and trained network), the paths of the pictures and
the TensorBoard command. Given again, it goes on where it was interrupted.
"""

import dataclasses
import os

from absl import logging

from tfreid.doors import run_door
from tfreid.options import TrainOptions, parse
from tfreid.options.fields import Checked, option

_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_RECIPE = os.path.join(_ROOT, "configs", "demo_sona.cfg")


@dataclasses.dataclass(frozen=True)
class DemoOptions(Checked):
    """Where the demo leaves its run and its pictures."""

    workdir: str = option(os.path.join("runs", "demo"), "Folder of the run.")
    recipe: str = option(_RECIPE, "Flagfile to train by.")


def main(argv):
    """Runs the demo; returns the exit code."""
    (demo,) = parse(argv, (DemoOptions,))
    options = TrainOptions.read(demo.recipe, [f"--workdir={demo.workdir}"]).with_absolute_paths()
    from tfreid.training.run import train  # loads TensorFlow: not for a mistyped flag
    from tfreid.training.signals import Interrupted

    rows = _measure_baselines(options)
    try:
        train(options)
    except Interrupted as interruption:
        return 128 + interruption.signal_number
    _show(options, rows)
    return 0


def _measure_baselines(options):
    """Returns the table's rows that need no training: {name: metrics}."""
    import tensorflow as tf

    from tfreid.data.readers import read_dataset
    from tfreid.evaluation.color_histogram import embed_color_histograms
    from tfreid.evaluation.retrieval import evaluate_retrieval, rank_dataset
    from tfreid.runs.loading import make_network

    dataset = read_dataset(options.data)
    logging.info("color histograms and the untrained network, to compare with:")
    query, gallery = (embed_color_histograms(s.paths) for s in (dataset.query, dataset.gallery))
    tf.keras.utils.set_random_seed(options.learning.seed)
    untrained = evaluate_retrieval(make_network(options), dataset, options.data, options.evaluation)
    return {
        "color histogram": rank_dataset(dataset, query, gallery).to_metrics(),
        "untrained network": untrained.result.to_metrics(),
    }


def _show(options, rows):
    """Evaluates the trained network, writes the pictures and prints where everything is."""
    from tfreid.evaluation.report import format_table
    from tfreid.options.evaluate import CheckpointOptions
    from tfreid.runs.evaluation import evaluate_checkpoint
    from tfreid.visual.gallery import draw_pictures
    from tfreid.visual.images import save_pictures

    workdir = options.run.workdir
    network, _, retrieval, metrics = evaluate_checkpoint(CheckpointOptions(workdir=workdir))
    paths = save_pictures(
        draw_pictures(network, retrieval, options.data), os.path.join(workdir, "pictures")
    )
    print(format_table({**rows, "trained network": metrics}))
    print("\nPictures:", *(os.path.relpath(path) for path in paths), sep="\n  ")
    print(
        f"\nTensorBoard:\n  .venv/bin/tensorboard --logdir {os.path.relpath(workdir)}/tensorboard"
    )


if __name__ == "__main__":
    run_door(main, (DemoOptions,), __doc__)
