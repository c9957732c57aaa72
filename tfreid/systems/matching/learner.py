"""How systems that match learn: which of M gallery images shows the probe's identity."""

import tensorflow as tf

from tfreid.data.pipeline import IMAGE, LABEL
from tfreid.layers.key_value_memory import Memory
from tfreid.losses.setwise import compute_pairwise_losses, compute_setwise_losses
from tfreid.training.learner import Learner

_LOSSES = {"setwise": compute_setwise_losses, "pairwise": compute_pairwise_losses}
SHOWN = ("set_accuracy", "positive_score", "hardest_negative_score")


class SetwiseLearner(Learner):
    """Softmax cross-entropy over the scores of each set, or a binary one for each pair.

    KVM-MN, equations 7 and 8. L2 weight decay concerns kernels only, as in TF-slim, with which the
    paper was made: biases and batch norm's parameters stay free.

    Args:
      network: maps sets float[S, 1 + M, H, W, 3] to scores float32[S, M].
      options: `SetwiseLearningOptions`.
    """

    def __init__(self, network, options):
        names = [options.objective, *SHOWN]
        super().__init__(network, names, options.weight_decay, name="setwise_learner")
        self._objective = options.objective
        self._score = self._score_mutual_sets if options.mutual_sets else self._score_sets
        self._set_size = options.set_size

    def compute_losses(self, batch):
        """See `Learner`; the loss is named after the objective."""
        scores, is_match = self._score(batch[IMAGE], batch[LABEL])
        # A set has one match, since its gallery images are of different people.
        labels = tf.argmax(is_match, axis=1, output_type=tf.int32)
        losses = {self._objective: _LOSSES[self._objective](scores, labels)}
        return losses, _describe_scores(scores, is_match)

    def is_decayed(self, variable):
        return variable.shape.rank > 1

    def _score_sets(self, images, identities):
        """Returns scores float32[S, M] and whether each is of a match, bool[S, M]."""
        identities = _cut_into_sets(identities, 1 + self._set_size)
        scores = self.network(_cut_into_sets(images, 1 + self._set_size), training=True)
        return scores, identities[:, 1:] == identities[:, :1]

    def _score_mutual_sets(self, images, identities):
        """Returns scores float32[2 S M, M]: of the first halves as probes, then of the second."""
        halves = [-1, 2, self._set_size]
        memory = self.network.memorize(images, training=True)
        memory = Memory(*(tf.reshape(part, [*halves, *part.shape[1:]]) for part in memory))
        both = [Memory(*(part[:, half] for part in memory)) for half in (0, 1)]
        probes, galleries = _join(both), _join(both[::-1])
        scores = self.network.match(probes, galleries, training=True)
        first, second = tf.unstack(tf.reshape(identities, halves), axis=1)
        is_match = first[:, :, tf.newaxis] == second[:, tf.newaxis]
        is_match = tf.concat([is_match, tf.transpose(is_match, [0, 2, 1])], axis=0)
        return tuple(tf.reshape(part, [-1, self._set_size]) for part in (scores, is_match))


def _join(memories):
    """Returns one `Memory` of several, joined along their first axis."""
    return Memory(*(tf.concat(parts, axis=0) for parts in zip(*memories)))


def _cut_into_sets(column, group_size):
    """[S * group, ...] -> [S, group, ...]."""
    return tf.reshape(column, tf.concat([[-1, group_size], tf.shape(column)[1:]], axis=0))


def _describe_scores(scores, is_match):
    """Returns {name: float32[S]} of `SHOWN`; the accuracy in percent, a tie is no success."""
    positive = tf.reduce_max(tf.where(is_match, scores, scores.dtype.min), axis=1)
    negative = tf.reduce_max(tf.where(is_match, scores.dtype.min, scores), axis=1)
    accuracy = 100.0 * tf.cast(positive > negative, tf.float32)
    return dict(zip(SHOWN, (accuracy, positive, negative)))
