"""Which images show which identity from which camera, and random choices among them."""

import numpy as np
import tensorflow as tf

_ALGORITHM = "philox"


class IdentityIndex:
    """Images sorted by identity and camera, for drawing matches and non-matches in TensorFlow.

    Attributes:
      num_identities: distinct pids.
      labels: int32[N] (numpy), the pid's rank among the sorted pids.
      matches_elsewhere: int32[N] (numpy), images of the same identity from other cameras.
    """

    def __init__(self, pids, camids):
        """Sorts.

        Args:
          pids: int[N].
          camids: int[N].
        """
        camids = np.asarray(camids)
        unique, labels, counts = np.unique(pids, return_inverse=True, return_counts=True)
        order = np.lexsort((camids, labels))
        self.num_identities = len(unique)
        self.labels = labels.astype(np.int32)
        self._rows = order.astype(np.int32)
        self._counts = counts.astype(np.int32)
        self._starts = (np.cumsum(counts) - counts).astype(np.int32)
        self._camera_starts, self._camera_counts = _find_camera_spans(labels, camids, order)
        self.matches_elsewhere = self._counts[labels] - self._camera_counts

    def draw_match(self, row, seed):
        """Returns an image of the same identity from another camera, any of them equally likely.

        Args:
          row: int32 scalar; `matches_elsewhere[row]` must not be 0.
          seed: int32[2].
        """
        choices = tf.gather(tf.constant(self.matches_elsewhere), row)
        place = tf.gather(tf.constant(self._starts), tf.gather(tf.constant(self.labels), row))
        place += _draw_below(choices, [], seed)
        # The camera's own images lie in one piece among the identity's: step over them.
        start = tf.gather(tf.constant(self._camera_starts), row)
        count = tf.gather(tf.constant(self._camera_counts), row)
        return tf.gather(tf.constant(self._rows), tf.where(place < start, place, place + count))

    def draw_others(self, row, count, seed):
        """Returns images of `count` other identities, int32[count]: identities, then images.

        Args:
          row: int32 scalar.
          count: below `num_identities`.
          seed: int32[2].
        """
        own = tf.gather(tf.constant(self.labels), row)
        seed, image_seed = tf.unstack(tf.random.experimental.stateless_split(seed, 2))
        keys = tf.random.stateless_uniform([self.num_identities], seed, alg=_ALGORITHM)
        # Below all others: the own identity is never among the first.
        keys = tf.where(tf.range(self.num_identities) == own, -1.0, keys)
        identities = tf.math.top_k(keys, count).indices
        counts = tf.gather(tf.constant(self._counts), identities)
        places = _draw_below(counts, [count], image_seed)
        return tf.gather(
            tf.constant(self._rows), tf.gather(tf.constant(self._starts), identities) + places
        )

    def draw_distinct(self, rows, count, seed):
        """Returns `count` of these images, each of another identity, int32[count].

        The images are put in random order, and the first of every identity counts.

        Args:
          rows: int32[n], of at least `count` identities.
          count: how many to draw.
          seed: int32[2].
        """
        keys = tf.random.stateless_uniform(tf.shape(rows), seed, alg=_ALGORITHM)
        rows = tf.gather(rows, tf.argsort(keys))
        labels = tf.gather(tf.constant(self.labels), rows)
        same = tf.cast(labels[:, tf.newaxis] == labels[tf.newaxis, :], tf.int32)
        place = tf.range(tf.shape(rows)[0])
        is_first = tf.argmax(same, axis=1, output_type=tf.int32) == place
        return tf.ensure_shape(tf.boolean_mask(rows, is_first)[:count], [count])


def _draw_below(limits, shape, seed):
    """Returns int32[*shape], uniform in [0, limits)."""
    share = tf.random.stateless_uniform(shape, seed, alg=_ALGORITHM)
    drawn = tf.cast(share * tf.cast(limits, tf.float32), tf.int32)
    return tf.minimum(drawn, limits - 1)  # a share just below 1 may round up


def _find_camera_spans(labels, camids, order):
    """Returns int32[N] each: where in `order` an image's (identity, camera) begins, its length."""
    pairs = np.stack([labels, camids], axis=1)[order]
    new = np.ones(len(pairs), bool)
    new[1:] = (pairs[1:] != pairs[:-1]).any(axis=1)
    starts = np.flatnonzero(new)
    lengths = np.diff(np.append(starts, len(pairs)))
    spans = np.cumsum(new) - 1
    found = np.empty((2, len(pairs)), np.int32)
    found[:, order] = np.stack([starts[spans], lengths[spans]])
    return found[0], found[1]
