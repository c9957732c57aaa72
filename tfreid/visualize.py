"""python -m tfreid.visualize --workdir=W --out=DIR [--dataset=market1501 --data_dir=D]

Writes pictures of a trained network as PNG files: ranked sheets of its best, worst and some random
queries, and where its attention looks.
"""

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
    from tfreid.visual.gallery import draw_pictures
    from tfreid.visual.images import save_pictures

    network, options, retrieval, _ = evaluate_checkpoint(checkpoint)
    pictures = draw_pictures(network, retrieval, options.data)
    for path in save_pictures(pictures, visualize.out):
        print(path)
    return 0


if __name__ == "__main__":
    run_door(main, GROUPS, __doc__)
