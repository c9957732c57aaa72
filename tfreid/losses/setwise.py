"""Losses on the scores of a query against a set of gallery images."""

import tensorflow as tf


def compute_setwise_losses(scores, labels):
    """Returns each set's cross-entropy over its gallery images, float32[S].

    "Learning a Key-Value Memory Co-Attention Matching Network for Person Re-identification" (AAAI
    2019), equations 7 and 8. Since every gallery image has a label of its own, the predicted
    distribution over labels (7) is the softmax of the scores, and the loss (8) is minus the
    logarithm of what it gives to the probe's match. Equal scores cost ln M.

    Args:
      scores: [S, M], floating, of the M gallery images of each set; computed in float32.
      labels: integer[S] in 0..M-1, the place of the image that shows the probe's identity.
    """
    return tf.nn.sparse_softmax_cross_entropy_with_logits(
        tf.cast(labels, tf.int32), tf.cast(scores, tf.float32)
    )


def compute_pairwise_losses(scores, labels):
    """Returns each set's loss with every pair classified alone as same or different, float32[S].

    The objective that Table 3 of the paper ("Pair") compares setwise learning with. The paper does
    not spell it out; here the score is the logit of "same" in a binary cross-entropy, and a set's
    loss is the mean of its one positive pair's and its negatives' average, so that both classes
    weigh the same whatever M. Scores of 0 cost ln 2.

    Args:
      scores: [S, M], floating, M at least 2; computed in float32.
      labels: integer[S] in 0..M-1, the place of the image that shows the probe's identity.
    """
    scores = tf.cast(scores, tf.float32)
    same = tf.one_hot(labels, tf.shape(scores)[1])
    losses = tf.nn.sigmoid_cross_entropy_with_logits(same, scores)
    positive = tf.reduce_sum(losses * same, axis=1)
    num_negatives = tf.cast(tf.shape(scores)[1] - 1, tf.float32)
    negative = tf.reduce_sum(losses * (1.0 - same), axis=1) / num_negatives
    return (positive + negative) / 2


@tf.keras.utils.register_keras_serializable("tfreid")
class SetwiseLoss(tf.keras.losses.Loss):
    """`compute_setwise_losses` as a Keras loss: labels integer[S], scores [S, M] -> float32[S]."""

    def __init__(self, name="setwise", **kwargs):
        super().__init__(name=name, **kwargs)

    def call(self, y_true, y_pred):
        return compute_setwise_losses(y_pred, tf.reshape(y_true, [-1]))


@tf.keras.utils.register_keras_serializable("tfreid")
class PairwiseLoss(tf.keras.losses.Loss):
    """`compute_pairwise_losses` as a Keras loss: labels integer[S], scores [S, M] -> float32[S]."""

    def __init__(self, name="pairwise", **kwargs):
        super().__init__(name=name, **kwargs)

    def call(self, y_true, y_pred):
        return compute_pairwise_losses(y_pred, tf.reshape(y_true, [-1]))
