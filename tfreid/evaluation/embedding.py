"""Embeddings of all images of a split."""

import numpy as np
import tensorflow as tf

from tfreid.data.preparing import read_eval_batches
from tfreid.errors import InputError
from tfreid.layers.folding import fold_batch_norm
from tfreid.progress import Progress


class FlipAveraging:
    """Embeds images, by the mean of an image and its mirror image if asked to.

    SONA-Net, section 3.2. The same in evaluation, in the exported model and in search.

    Args:
      network: has `embed(images float32[B, H, W, 3]) -> float[B, D]`, each row for itself.
      flips: whether to average.
    """

    def __init__(self, network, flips):
        self._network = network
        self._flips = flips

    def __call__(self, images):
        """Returns float32[B, D]."""
        if not self._flips:
            return self._embed(images)
        # A loop of two turns, not two copies of the network: half the graph to build.
        views = tf.stack([images, tf.image.flip_left_right(images)])
        embeddings = tf.map_fn(
            self._embed, views, fn_output_signature=tf.float32, parallel_iterations=1
        )
        return tf.reduce_mean(embeddings, axis=0)

    def _embed(self, images):
        return tf.cast(self._network.embed(images), tf.float32)


class Embedder:
    """A network, as its weights are now, compiled to embed splits.

    Args:
      network: has `embed(images float32[B, H, W, 3]) -> float[B, D]`, each row for itself.
      data: `DataOptions`, for the image size.
      evaluation: has `evaluation_batch` and `flip_averaging`.
    """

    def __init__(self, network, data, evaluation):
        self._data = data
        self._batch_size = evaluation.evaluation_batch
        embed = FlipAveraging(network, evaluation.flip_averaging)
        images = tf.TensorSpec([None, data.height, data.width, 3], tf.float32)
        self._embed_batch = tf.function(embed.__call__, input_signature=[images])
        with fold_batch_norm(network) as self._folded:
            if not tf.config.functions_run_eagerly():
                self._embed_batch.get_concrete_function()  # traced while it is folded

    def embed(self, split, progress=None, likeness=None):
        """Embeds every image of a split once.

        Args:
          split: `Split`.
          progress: a `Progress` over the split's images, or None for one in the log.
          likeness: as for `read_eval_batches`.

        Returns:
          float32[N, D], row i for image i of the split.

        Raises:
          InputError: for a split without images, or an image that cannot be read.
        """
        if not len(split):
            raise InputError("There are no images to embed: the split is empty.")
        progress = progress or Progress("Embedding images", len(split))
        embeddings = None
        for rows, images in read_eval_batches(split, self._data, self._batch_size, likeness):
            values = self._embed_batch(images).numpy()
            if embeddings is None:
                embeddings = np.zeros((len(split), values.shape[1]), np.float32)
            embeddings[rows] = values
            progress.advance(len(values))
        return embeddings
