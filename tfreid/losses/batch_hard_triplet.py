"""Batch-hard triplet loss: each anchor against its hardest positive and hardest negative."""

from typing import NamedTuple

import tensorflow as tf

_LEAST_SQUARE = 1e-12  # keeps the gradient of the square root finite where embeddings coincide
_ACTIVE = 1e-5  # a triplet whose loss is below this teaches nothing


class HardTriplets(NamedTuple):
    """What batch-hard mining finds for A anchors, all float32[A].

    Attributes:
      losses: softplus(positive - negative), or max(0, margin + positive - negative).
      positives: Euclidean distance to the farthest candidate of the same identity.
      negatives: Euclidean distance to the nearest candidate of another identity.
      active: 1 where the loss is above 1e-5, else 0.
    """

    losses: tf.Tensor
    positives: tf.Tensor
    negatives: tf.Tensor
    active: tf.Tensor


def mine_batch_hard(anchors, anchor_labels, candidates, candidate_labels, margin="soft"):
    """Returns the `HardTriplets` of anchors among candidates.

    "In Defense of the Triplet Loss" (Hermans et al., 2017), as SONA-Net uses it (section 2.1): raw
    embeddings, Euclidean (not squared) distance. Under several replicas the anchors are a
    replica's own images and the candidates the global batch, the anchors among them; an anchor
    then is its own candidate at distance ~0, which changes a maximum over positives only where it
    is the single one.

    Args:
      anchors: [A, D], floating; computed in float32, since squared norms overflow float16.
      anchor_labels: integer[A].
      candidates: [N, D], floating.
      candidate_labels: integer[N].
      margin: "soft", or the hinge's margin, a number >= 0.

    Raises:
      ValueError: for another margin.
    """
    anchors, candidates = tf.cast(anchors, tf.float32), tf.cast(candidates, tf.float32)
    same = tf.equal(anchor_labels[:, tf.newaxis], candidate_labels[tf.newaxis, :])
    # Chosen by rounded squares; only the distances of the chosen are exact, and learned from.
    farthest, nearest = _find_hardest(anchors, candidates, same)
    positives = _measure(anchors, tf.gather(candidates, farthest))
    # An anchor without any negative costs softplus(-inf) = 0, and has no gradient.
    negatives = tf.where(
        tf.reduce_all(same, axis=1), float("inf"), _measure(anchors, tf.gather(candidates, nearest))
    )
    losses = _compute_losses(positives - negatives, margin)
    return HardTriplets(losses, positives, negatives, tf.cast(losses > _ACTIVE, tf.float32))


def _find_hardest(anchors, candidates, same):
    """Returns each anchor's farthest candidate of its identity and nearest of another."""
    # Far from zero, sums of squares lose what embeddings differ by; a shift changes no distance.
    center = tf.reduce_mean(candidates, axis=0)
    left, right = tf.stop_gradient(anchors - center), tf.stop_gradient(candidates - center)
    squares = tf.reduce_sum(right**2, axis=1) - 2.0 * tf.matmul(left, right, transpose_b=True)
    infinity = tf.constant(float("inf"), tf.float32)
    farthest = tf.argmax(tf.where(same, squares, -infinity), axis=1)
    return farthest, tf.argmin(tf.where(same, infinity, squares), axis=1)


def _measure(left, right):
    """Returns the distances of pairs, float32[A], from their differences: exact however far."""
    squares = tf.reduce_sum((left - right) ** 2, axis=1)
    return tf.sqrt(tf.maximum(squares, _LEAST_SQUARE))


def _compute_losses(gaps, margin):
    if margin == "soft":
        return tf.nn.softplus(gaps)  # log1p(exp(x)) would overflow at 89
    if isinstance(margin, (int, float)) and margin >= 0:
        return tf.nn.relu(gaps + margin)
    raise ValueError(f"margin is {margin!r}; give 'soft' or a number >= 0.")


@tf.keras.utils.register_keras_serializable("tfreid")
class BatchHardTripletLoss(tf.keras.losses.Loss):
    """The losses of `mine_batch_hard` as a Keras loss: each image is anchor and candidate.

    Shapes: labels integer[B] and embeddings floating[B, D] -> float32[B], reduced as Keras does.

    Args:
      margin: "soft", or the hinge's margin, a number >= 0.
      name: of the loss.
      **kwargs: of `tf.keras.losses.Loss`.

    Raises:
      ValueError: for another margin.
    """

    def __init__(self, margin="soft", name="batch_hard_triplet", **kwargs):
        super().__init__(name=name, **kwargs)
        _compute_losses(0.0, margin)  # refuses a wrong margin now, not at the first batch
        self.margin = margin

    def call(self, y_true, y_pred):
        labels = tf.reshape(y_true, [-1])  # Keras hands labels over as [B, 1]
        return mine_batch_hard(y_pred, labels, y_pred, labels, self.margin).losses

    def get_config(self):
        return {**super().get_config(), "margin": self.margin}
