"""python -m tfreid.visualize --workdir=W --out=DIR [--dataset=market1501 --data_dir=D]

Writes pictures of a trained network as PNG files: ranked sheets of its best, worst and some random
queries, where its attention looks, and the first training batch, augmented; and its embeddings for
TensorBoard's projector. Prints the paths of the pictures.
"""

import os

from absl import logging

from tfreid.doors import run_door
from tfreid.errors import InputError
from tfreid.options import parse
from tfreid.options.evaluate import CheckpointOptions, VisualizeOptions

GROUPS = (CheckpointOptions, VisualizeOptions)


def main(argv):
    """Writes the pictures that the command line asks for; returns the exit code."""
    checkpoint, visualize = parse(argv, GROUPS)
    if not visualize.out:
        raise InputError("--out is empty: give the folder for the pictures.")
    from tfreid.runs.evaluation import evaluate_checkpoint  # loads TensorFlow
    from tfreid.visual.gallery import draw_pictures, write_run_projector
    from tfreid.visual.images import save_pictures

    network, options, retrieval, metrics = evaluate_checkpoint(checkpoint)
    pictures = {**draw_pictures(network, retrieval, options.data), **_draw_batch(options)}
    paths = save_pictures(pictures, visualize.out)
    projector = os.path.join(visualize.out, "projector")
    has_points = write_run_projector(projector, retrieval, metrics["step"])
    print(*paths, sep="\n")
    if has_points:
        logging.info("embeddings in TensorBoard's projector: tensorboard --logdir %s", projector)
    return 0


def _draw_batch(options):
    """Returns {name: picture} of a run's first training batch; {} where its images are gone."""
    import tensorflow as tf

    from tfreid.data.readers import read_dataset
    from tfreid.data.sampling import IdentitySampler
    from tfreid.visual.batches import draw_first_batch

    learning = options.learning
    try:
        split = read_dataset(options.data, needs=("train",)).train
        sampler = IdentitySampler(
            split.pids,
            learning.identities_per_batch,
            learning.images_per_identity,
            learning.seed,
        )
        return {f"batch/{options.data.dataset}": draw_first_batch(split, sampler, options)}
    except (InputError, tf.errors.OpError) as error:  # a network is looked at without them, too
        logging.warning("the training batch is not drawn: %s", str(error).splitlines()[0])
        return {}


if __name__ == "__main__":
    run_door(main, GROUPS, __doc__)
