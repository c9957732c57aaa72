"""tfreid visualize --workdir=W --out=DIR [--dataset=market1501 --data_dir=D]

Writes pictures of a trained network as PNG files: ranked sheets of its best, worst and some random
queries, where its attention looks, and a training batch, augmented; and embeddings for
TensorBoard's projector. Prints the paths of the pictures.
"""

import os

from absl import logging

from tfreid.command_line import run_command, show
from tfreid.errors import InputError
from tfreid.escaping import escape
from tfreid.files import take_back_empty
from tfreid.options import parse
from tfreid.options.evaluate import CheckpointOptions, VisualizeOptions

GROUPS = (CheckpointOptions, VisualizeOptions)


def main(argv):
    """Writes the pictures that the command line asks for; returns the exit code."""
    checkpoint, visualize = (group.with_absolute_paths() for group in parse(argv, GROUPS))
    if not visualize.out:
        raise InputError("--out is empty: give the folder for the pictures.")
    if os.path.exists(visualize.out) and not os.path.isdir(visualize.out):
        raise InputError(f"out={visualize.out}: is a file; give a folder for the pictures.")
    with take_back_empty(visualize.out):
        os.makedirs(visualize.out, exist_ok=True)  # refused here, or after a minute's work
        _visualize(checkpoint, visualize)
    return 0


def _visualize(checkpoint, visualize):
    from tfreid.figures.canvas import save_pictures
    from tfreid.runs.evaluation import evaluate_checkpoint  # loads TensorFlow

    evaluation = evaluate_checkpoint(checkpoint)
    system = evaluation.options.system
    pictures = {**system.draw_pictures(evaluation), **_draw_batch(checkpoint)}
    show("\n".join(map(escape, save_pictures(pictures, visualize.out))))
    folder = os.path.join(visualize.out, "projector")
    if system.write_projector(folder, evaluation.retrieval, evaluation.step):
        logging.info("embeddings in TensorBoard's projector: tensorboard --logdir %s", folder)


def _draw_batch(checkpoint):
    from tfreid.training.first_batch import draw_first_batch

    return draw_first_batch(checkpoint.workdir) if checkpoint.workdir else {}


if __name__ == "__main__":
    run_command(main, GROUPS, __doc__)
