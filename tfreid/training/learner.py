"""What every system's learning shares: one training step, its averages and its step counter."""

import tensorflow as tf

from tfreid.layers.replicas import sum_across_replicas


class Learner(tf.keras.Model):
    """A network together with how it learns; trained by Keras `fit`.

    A subclass implements `compute_losses(batch)`. Everything a training step changes hangs here
    and is saved: the network, the subclass's classifiers, the optimizer, the step, and with the
    network the counters of its random layers.

    Args:
      network: the model that is trained, and later evaluated and exported alone.
      metric_names: names of all losses and shown values, "loss" excepted.
      weight_decay: L2, coupled with the gradient as in Adam with L2 regularization (not AdamW).
      **kwargs: of `tf.keras.Model`.

    Attributes:
      branches: endings, without "_", of names that belong together in the log.
    """

    branches = ()

    def __init__(self, network, metric_names, weight_decay=0.0, **kwargs):
        super().__init__(**kwargs)
        self.network = network
        self.weight_decay = weight_decay
        # Not the optimizer's counter: with a loss scale, that one skips overflown steps.
        self.step = _make_counter("step", 0)
        self.first_bad_step = _make_counter("first_bad_step", -1)
        self._names = ("loss", *metric_names)
        # One vector, the number of summands at its end: Keras' metrics are two variables each,
        # which replicas would add up one by one at every report.
        self._sums = _make_local_variable(
            "sums", tf.zeros([len(self._names) + 1]), tf.VariableAggregation.SUM
        )

    def compute_losses(self, batch):
        """Returns ({name: float32[b] losses of this replica's images}, {name: float32[b]} shown).

        The first are summed over their names to what is minimized; the second are only logged.
        """
        raise NotImplementedError

    def is_decayed(self, variable):
        """Returns whether weight decay concerns a trainable variable."""
        return True

    def call(self, inputs, training=False):
        return self.network(inputs, training=training)

    def train_step(self, batch):
        """One step on a replica's part of the global batch."""
        with tf.GradientTape() as tape:
            losses, shown = self.compute_losses(batch)
            means = {name: tf.reduce_mean(values) for name, values in losses.items()}
            loss = tf.add_n(list(means.values()))
            # Replicas' gradients are summed, so each replica brings its share of the mean.
            share = self._scale(loss / _count_replicas())
        self._apply_gradients(tape.gradient(share, self.trainable_variables))
        # Of the sum: what is not finite on one replica is then noted by all, and by the one that is
        # read.
        self._record_bad_step(sum_across_replicas(loss))
        self.step.assign_add(1)
        means.update(loss=loss, **{name: tf.reduce_mean(values) for name, values in shown.items()})
        self._sums.assign_add(tf.stack([*(means[name] for name in self._names), 1.0]))
        return {}  # no logs for Keras: `pop_averages` has them

    def saved_parts(self):
        """Returns {name: trackable} of all that a checkpoint must hold to go on exactly."""
        return {
            "network": self.network,
            "optimizer": self.optimizer,
            "step": self.step,
            "first_bad_step": self.first_bad_step,
        }

    def count_steps(self):
        """Returns the number of training steps done, an int."""
        return int(self.step.read_value())

    def pop_averages(self):
        """Returns {name: mean over steps and replicas since the last call} and starts anew."""
        *sums, count = self._sums.read_value().numpy()
        self._sums.assign(tf.zeros([len(self._names) + 1]))
        return {name: float(total / max(count, 1.0)) for name, total in zip(self._names, sums)}

    def _apply_gradients(self, gradients):
        if self._scales_loss():
            gradients = self.optimizer.get_unscaled_gradients(gradients)
        # Each replica's gradients are summed: so is the decay in them.
        decay = self.weight_decay / _count_replicas()
        pairs = [
            (gradient + decay * variable if self.is_decayed(variable) else gradient, variable)
            for gradient, variable in zip(gradients, self.trainable_variables)
        ]
        self.optimizer.apply_gradients(pairs)

    def _scale(self, loss):
        return self.optimizer.get_scaled_loss(loss) if self._scales_loss() else loss

    def _scales_loss(self):
        return isinstance(self.optimizer, tf.keras.mixed_precision.LossScaleOptimizer)

    def _record_bad_step(self, loss):
        """Remembers the first step with a non-finite loss; a callback reads it now and then."""
        is_first = tf.logical_and(self.first_bad_step < 0, tf.logical_not(tf.math.is_finite(loss)))
        self.first_bad_step.assign(tf.where(is_first, self.step, self.first_bad_step))


def _make_counter(name, value):
    """Returns an int64 variable of which every replica has its own, all of them equal."""
    first = tf.VariableAggregation.ONLY_FIRST_REPLICA
    return _make_local_variable(name, tf.constant(value, tf.int64), first)


def _make_local_variable(name, value, aggregation):
    """Returns a variable of which every replica has its own until it is read."""
    return tf.Variable(
        value,
        trainable=False,
        name=name,
        # Summed over the replicas where it is read, once a report, not at every step.
        synchronization=tf.VariableSynchronization.ON_READ,
        aggregation=aggregation,
    )


def _count_replicas():
    """Returns the number of replicas that train together, 1 outside a strategy."""
    return tf.distribute.get_strategy().num_replicas_in_sync
