"""What a run shows in TensorBoard: numbers, pictures, texts and hyperparameters.

A folder below the log folder is one run in TensorBoard's eyes (one color of curve): use one
`Summaries` per folder, such as train and eval. Steps are training steps everywhere.
"""

import os

import numpy as np
import tensorflow as tf
from tensorboard.plugins.hparams import api as hp

from tfreid.errors import InputError
from tfreid.escaping import escape, escape_lines


class Summaries:
    """Writes one TensorBoard run; a context manager.

    A run that continues after a crash may write steps again; TensorBoard shows the later values
    (with its default, fast loading).
    """

    def __init__(self, logdir):
        """Begins an event file in the folder `logdir`, which is made if it is missing.

        Raises:
          InputError: if it cannot be written.
        """
        try:
            os.makedirs(logdir, exist_ok=True)
            self._writer = tf.summary.create_file_writer(str(logdir))
        except (OSError, tf.errors.OpError) as error:
            raise InputError(
                f"{logdir}: TensorBoard's files cannot be written here "
                f"({getattr(error, 'strerror', None) or type(error).__name__}); check the folder's "
                "rights and the space on its disk."
            ) from error

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def write_scalars(self, step, values):
        """Writes numbers.

        Args:
          step: training step.
          values: {tag: number}; tags such as "train/loss/triplet_global", "eval/market1501/mAP".
        """
        with self._writer.as_default(step=step):
            for tag, value in values.items():
                tf.summary.scalar(tag, float(value))

    def write_images(self, step, tag, pictures, description=None):
        """Writes one picture uint8[H, W, 3], or several of one size as uint8[N, H, W, 3].

        Args:
          step: training step.
          tag: name; what stands before the first slash groups pictures in TensorBoard.
          pictures: see above.
          description: Markdown that explains the picture in TensorBoard.

        Raises:
          ValueError: for another shape or dtype.
        """
        pictures = np.asarray(pictures)
        if pictures.dtype != np.uint8 or pictures.ndim not in (3, 4) or pictures.shape[-1] != 3:
            raise ValueError(
                f"{tag}: pictures are uint8[H, W, 3] or uint8[N, H, W, 3], not "
                f"{pictures.dtype}{list(pictures.shape)}."
            )
        stack = pictures.reshape((-1,) + pictures.shape[-3:])
        with self._writer.as_default(step=step):
            tf.summary.image(tag, stack, max_outputs=len(stack), description=description)

    def write_text(self, step, tag, text):
        """Writes a text word for word, such as a flagfile, in a fixed-width block."""
        lines = escape_lines(text.removesuffix("\n")).split("\n")
        block = "\n".join("    " + line for line in lines)
        with self._writer.as_default(step=step):
            tf.summary.text(tag, block)

    def write_hparams(self, step, values, metrics, name):
        """Writes what a run was made with and how it ended: one row of the HParams tab.

        Args:
          step: training step of the metrics.
          values: {flag: bool, number, text, or a tuple of these}.
          metrics: {tag: number}; written as scalars of this run too.
          name: the run's name, such as its workdir's; rows of one name are one group.
        """
        values = {key: _simplify(value) for key, value in values.items()}
        with self._writer.as_default(step=step):
            hp.hparams_config(
                hparams=[hp.HParam(key) for key in values],
                metrics=[hp.Metric(tag) for tag in metrics],
            )
            hp.hparams(values, trial_id=escape(name))
        self.write_scalars(step, metrics)

    def flush(self):
        """Brings what was written to disk."""
        self._writer.flush()

    def close(self):
        """Flushes and closes; nothing can be written afterwards."""
        self._writer.close()


def _simplify(value):
    """Returns a value that the HParams tab can hold."""
    if isinstance(value, (bool, int, float)):
        return value
    return escape(value if isinstance(value, str) else ",".join(map(str, value)))
