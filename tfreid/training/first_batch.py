"""The first batch of a run that is over, to look at."""

import tensorflow as tf
from absl import logging

from tfreid.data.readers import read_dataset
from tfreid.errors import InputError, shorten
from tfreid.figures.batches import draw_train_batch
from tfreid.runs.workdir import Workdir


def draw_first_batch(path):
    """Draws the first training batch of the run in a workdir, augmented as it was.

    Returns:
      {"batch/<dataset>": uint8[height, width, 3]}; {} where its images are gone, since a network
      can be looked at without them.
    """
    workdir = Workdir(path)
    options = workdir.read_options()
    try:
        dataset = read_dataset(options.data, needs=("train",))
        task = options.system.make_task(options, dataset, workdir)
        picture = draw_train_batch(task.split, task.make_sampler(0, None), options)
    except (InputError, tf.errors.OpError) as error:
        logging.warning("the training batch is not drawn: %s", shorten(error))
        return {}
    return {f"batch/{options.data.dataset}": picture}
